"""What a capture may owe beyond what its hold keeps."""

from __future__ import annotations

import pytest

from config.kernel.errors import InsufficientTokens
from usage.tests.held import a_hold, capture, free, written
from usage.tests.made import Shop, up_to

pytestmark = pytest.mark.django_db


class TestMoreThanIsHeld:
    def test_is_owed_after_what_is_owed_already_and_what_other_holds_keep(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=up_to("10"))
        shop.debit(account, "4")
        a_hold(shop, account, "3")
        hold = a_hold(shop, account, "2")
        before = written(account)

        with pytest.raises(InsufficientTokens) as refusal:
            capture(shop, hold, "4")

        names = ("required", "available", "shortfall", "overage", "overage_held", "floor")
        assert [refusal.value.extras[name] for name in names] == [
            "4.000000", "0.000000", "1.000000", "4.000000", "3.000000", "-10.000000",
        ]  # fmt: skip
        assert written(account) == before
        assert capture(shop, hold, "3").state == "captured"
        assert free(account) == (0, 0, 7)
