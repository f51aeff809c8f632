"""What the pages of a charge and of a refusal say of a cost that the usage came with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from config.kernel.errors import InsufficientTokens
from usage.models import Denial
from usage.rules.orders import OwnCost
from usage.tests.made import Shop
from wallets.models import Account

pytestmark = pytest.mark.django_db

SAID = OwnCost(Decimal("1234.0056"))


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


class TestDebitPage:
    def test_says_what_the_usage_said_that_it_cost(self, shop: Shop, acme: Account, finance: Client) -> None:
        debit = shop.debit(acme, "1", "2", costs=(SAID, None))

        shown = page(finance, f"/admin/usage/debit/{debit.id}/change/")

        assert shown.count("the usage said that it cost 1,234.0056 USD") == 1
        assert shown.count("The usage said that it cost 1234.0056 USD.") == 1

    def test_says_nothing_of_it_where_the_usage_said_nothing(
        self, shop: Shop, acme: Account, finance: Client
    ) -> None:
        debit = shop.debit(acme, "1")

        assert "said that it cost" not in page(finance, f"/admin/usage/debit/{debit.id}/change/")


class TestDenialPage:
    @pytest.mark.parametrize(("costs", "times"), [((SAID,), 1), ((), 0)])
    def test_says_it_where_it_was_said(
        self, shop: Shop, acme: Account, finance: Client, costs: tuple[OwnCost, ...], times: int
    ) -> None:
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1000", costs=costs)

        denial = Denial.objects.get(account=acme)
        shown = page(finance, f"/admin/usage/denial/{denial.pk}/change/")
        assert shown.count("said to have cost 1,234.0056 USD") == times
        assert shown.count("said to have cost") == times
