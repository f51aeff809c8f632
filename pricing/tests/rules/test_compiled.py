from decimal import Decimal

import pytest

from pricing.rules.compiled import unit_price


class TestUnitPrice:
    @pytest.mark.parametrize(
        ("tokens", "per", "text"),
        [
            ("2.50", "1000000", "0.0000025"),
            ("0.0025", "1", "0.0025"),
            ("0", "7", "0"),
            ("1", "3", "0.333333333333333333"),
            ("2", "3", "0.666666666666666667"),
            ("999999999999999999.999999999999", "0.000000001", "999999999999999999999999999.999"),
            ("0.000000000001", "1000000000", "0.000000000000000000001"),
            ("100", "1", "100"),
        ],
    )
    def test_is_exact_where_it_ends(self, tokens: str, per: str, text: str) -> None:
        assert unit_price(Decimal(tokens), Decimal(per)) == text
