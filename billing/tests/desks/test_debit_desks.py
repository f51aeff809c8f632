"""What the pages of a charge and of a refusal say of a cost that the usage came with."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from billing.tests.desks.people import at_the_desk_of
from config.kernel.errors import InsufficientTokens
from pricing.rules.tiers import Tier
from usage.models import Denial
from usage.rules.orders import OwnCost
from usage.services import limiting, reversing
from usage.services.limiting import AllowanceOrder
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, a_reversal, clock
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

    def test_tells_the_tiers_and_what_was_covered(self, shop: Shop, finance: Client) -> None:
        tiers = (Tier(Decimal(5), Decimal("0.5")),)
        table = shop.a_table(since=clock() - DAY, tier_mode="graduated", tiers=tiers)
        account = shop.an_account(rate_table=table.code)
        a_grant(account)
        order = AllowanceOrder(pattern=shop.chat, units=Decimal(2), period="month")
        limiting.include(account_id=account.pk, order=order, author=AUTHOR)
        debit = shop.debit(account, "10")

        shown = page(finance, f"/admin/usage/debit/{debit.id}/change/")

        (reckoned,) = re.findall(r"data-reckoned>(.*?)</div>", shown)
        (covers,) = re.findall(r"data-covers>(.*?)</ul>", shown)
        assert "graduated, after 0 this month: 5 × 1 tokens + 3 × 0.5 tokens = 6.5" in reckoned
        assert shop.chat in covers
        assert "2 of" in covers

    def test_offers_to_give_back_what_is_left(self, shop: Shop, acme: Account, finance: Client) -> None:
        debit = shop.debit(acme, "3")
        address = f"/admin/usage/debit/{debit.id}/change/"
        assert "Give back …" in page(finance, address)

        reversing.reverse(a_reversal(debit, "1"))
        assert "Give back …" in page(finance, address)
        assert "partly given back" in page(finance, address)

        reversing.reverse(a_reversal(debit))
        assert "Give back …" not in page(finance, address)
        assert "partly given back" not in page(finance, address)

    def test_leaves_a_plain_rate_to_the_table(self, shop: Shop, acme: Account, finance: Client) -> None:
        shown = page(finance, f"/admin/usage/debit/{shop.debit(acme, '1').id}/change/")

        assert "data-reckoned" not in shown
        assert "data-covers" not in shown


class TestDenialPage:
    def test_says_by_which_rate_it_was_asked_and_that_nothing_moved(
        self, shop: Shop, acme: Account, finance: Client
    ) -> None:
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1000", subject={"user": "u-7"})
        version = shop.table.versions.get()

        denial = Denial.objects.get(account=acme)
        shown = page(finance, f"/admin/usage/denial/{denial.pk}/change/")

        assert f'{shop.table} <a href="/admin/pricing/version/{version.pk}/change/">{version}</a>' in shown
        assert f'<td>{shop.chat}<div class="d-faint d-small">1 per 1</div></td>' in shown
        assert "<dt>user</dt><dd>u-7</dd>" in shown
        assert "<dt>Shortfall</dt>" in shown
        assert "A refusal moves nothing" in shown

    def test_says_what_helps_and_whom_to_ask(self, shop: Shop, acme: Account, finance: Client) -> None:
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "1000")
        address = f"/admin/usage/denial/{Denial.objects.get(account=acme).pk}/change/"

        assert page(at_the_desk_of("Support"), address).count("(ask Finance)") == 2
        assert "with more room." in page(finance, address)

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
