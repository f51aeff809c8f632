from __future__ import annotations

from decimal import Decimal

import pytest

from config.kernel.money import in_currency


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("20", "USD", "20.00 USD"),
        ("1234.5", "EUR", "1,234.50 EUR"),
        ("20.000000000000", "USD", "20.00 USD"),
        ("0.0021", "USD", "0.0021 USD"),
        ("500", "JPY", "500 JPY"),
        ("1.5", "KWD", "1.500 KWD"),
        ("-3", "USD", "−3.00 USD"),
    ],
)
def test_money_has_the_digits_of_its_currency_and_no_fewer_than_it_has(
    amount: str, currency: str, said: str
) -> None:
    assert in_currency(Decimal(amount), currency) == said
