"""What rates priced lately, as a draft's page weighs it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.queries.rate_usage import used_lately
from usage.tests.made import DAY, Shop, a_grant, clock

pytestmark = pytest.mark.django_db


class TestUsedLately:
    def test_counts_what_was_recorded_in_thirty_days_whenever_it_was_loaded(self) -> None:
        begun = clock() - 50 * DAY
        shop = Shop(since=begun)
        customer = shop.an_account(begun)
        a_grant(customer, "1000", now=begun)
        shop.debit(customer, "7", now=clock() - 40 * DAY)
        shop.debit(customer, "3", now=clock() - 20 * DAY)

        used = used_lately(shop.table.pk, clock())

        assert {key[0]: units for key, units in used.items()} == {shop.chat: Decimal(3)}
