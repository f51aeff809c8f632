"""The tab of limits on the page of an account."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.tests.desks.people import text_of
from usage.services import entitling, limiting
from usage.tests.held import a_hold
from usage.tests.laddered import block, set_policy
from usage.tests.made import AUTHOR, Shop, a_grant, clock
from usage.tests.services.test_access import said as spoken
from usage.tests.services.test_allowances import an_allowance
from usage.tests.services.test_budgets import a_budget
from usage.tests.services.test_unlocking import an_unlock
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(shop: Shop) -> Account:
    account = shop.an_account(name="Acme")
    a_grant(account, "1000")
    return account


def page_of(account: Account, rest: str = "change/?tab=limits") -> str:
    return f"/admin/wallets/account/{account.pk}/{rest}"


def shown(client: Client, account: Account, rest: str = "change/?tab=limits") -> str:
    answer = client.get(page_of(account, rest))
    assert answer.status_code == 200
    return " ".join(text_of(answer).split())


def set_limit(account: Account, tokens: str | None) -> None:
    limit = None if tokens is None else Decimal(tokens)
    limiting.change_budget(budget=account.budgets.get(), tokens=limit, is_hard=True, author=AUTHOR)


class TestTab:
    def test_says_of_each_part_that_there_is_nothing(self, admin_client: Client, account: Account) -> None:
        page = shown(admin_client, account)

        assert "None: the account may spend all that its tokens and its policy allow." in page
        assert "None: every unit is paid with tokens." in page
        assert "<strong>The whole portfolio</strong>" in page
        assert "No threshold, budget or limit was reached." in page

    def test_shows_what_is_spent_kept_and_left_of_a_budget(
        self, admin_client: Client, account: Account, shop: Shop
    ) -> None:
        a_budget(account, "40", now=None, per="user", feature=shop.chat)
        shop.debit(account, "10", subject={"user": "ann"})
        a_hold(shop, account, "4", subject={"user": "ann"})

        page = shown(admin_client, account)

        assert "<strong>10</strong> spent · 4 kept by holds · 26 left" in page
        assert '<i style="width:25.00%"></i><i class="d-held" style="width:10.00%"></i>' in page
        assert f"<strong>40 AIT</strong> a day for <code>{shop.chat}</code>, each user apart." in page

    def test_shows_a_few_values_and_leads_to_the_others(
        self, admin_client: Client, account: Account, shop: Shop
    ) -> None:
        budget = a_budget(account, "40", now=None, per="user")
        for number in range(11):
            shop.debit(account, "1", subject={"user": f"user-{number:02}"})

        page = shown(admin_client, account)
        alone = shown(admin_client, account, f"budgets/{budget.pk}/")

        assert (page.count("d-figures"), "and 3 others" in page) == (8, True)
        assert (alone.count("d-figures"), "others</a>" in alone) == (11, False)

    def test_finds_a_budget_among_many(self, admin_client: Client, account: Account) -> None:
        for number in range(52):
            a_budget(account, "40", now=None, code=f"team-{number:02}")

        page = shown(admin_client, account)
        found = shown(admin_client, account, "change/?tab=limits&budget=EAM-51")
        nothing = shown(admin_client, account, "change/?tab=limits&budget=nobody")

        assert (page.count("data-budget="), "2 more are not shown" in page) == (50, True)
        assert ('data-budget="team-51"' in page, 'data-budget="team-51"' in found) == (False, True)
        assert found.count("data-budget=") == 1
        assert "No budget in force has “nobody” in its name." in nothing

    def test_shows_what_went_beyond_a_soft_one(
        self, admin_client: Client, account: Account, shop: Shop
    ) -> None:
        a_budget(account, "10", now=None, is_hard=False)
        shop.debit(account, "12.5")

        assert "2.5 beyond" in shown(admin_client, account)

    def test_shows_included_units_and_what_goes_on(
        self, admin_client: Client, account: Account, shop: Shop
    ) -> None:
        an_allowance(account, shop.chat, "100", now=None, carries="30")
        an_allowance(account, shop.image, "7", now=None, effective_from=clock() + timedelta(days=2))
        shop.debit(account, "60")

        page = shown(admin_client, account)

        assert "<strong>60</strong> used · 40 left" in page
        assert "as it stands 30 units go on into the next period" in page
        assert f"7 units of <code>{shop.image}</code> a month" in page

    def test_shows_what_it_may_use_and_why(self, admin_client: Client, account: Account, shop: Shop) -> None:
        an_unlock(shop, "P1D")
        entitling.set_mode(account_id=account.pk, mode="bought", author=AUTHOR)
        spoken(account, shop.image, now=None)
        debit = shop.debit(account, "1", features=(shop.image,))

        page = shown(admin_client, account)

        assert "<strong>Only what was bought:</strong>" in page
        assert f'href="/admin/usage/debit/{debit.id}/change/">bought</a>' in page
        assert f"“{AUTHOR.reason}”" in page

    def test_shows_what_was_reached_lately(self, admin_client: Client, account: Account, shop: Shop) -> None:
        a_budget(account, "10", now=None, per="user")
        set_policy(account, block(1))
        shop.debit(account, "10", subject={"user": "ann"})

        page = shown(admin_client, account)

        assert "The budget team for user ann was used up: 10 AIT a day." in page
        assert "1 % of the tokens were spent." in page

    def test_asks_the_database_as_often_however_much_there_is(
        self, admin_client: Client, account: Account, shop: Shop
    ) -> None:
        def questions() -> int:
            with CaptureQueriesContext(connection) as asked:
                shown(admin_client, account)
            return len(asked)

        a_budget(account, "40", now=None, code="first", per="user")
        an_allowance(account, shop.chat, "1", now=None, carries="1")
        spoken(account, shop.chat, now=None)
        shop.debit(account, "41", subject={"user": "ann"})
        shop.debit(account, "39.5", features=(shop.image,), subject={"user": "bob"})
        shown(admin_client, account)
        before = questions()
        for number in range(5):
            a_budget(account, "4", now=None, code=f"team-{number}", per="user")
            shop.debit(account, "4", features=(shop.image,), subject={"user": f"user-{number}"})
        an_allowance(account, "*", "100", now=None, carries="1")
        an_allowance(account, shop.image, "100", now=None)
        spoken(account, shop.image, now=None)

        assert questions() == before


class TestHistory:
    def test_tells_who_limited_what_and_why(self, admin_client: Client, account: Account, shop: Shop) -> None:
        a_budget(account, "40", now=None)
        set_limit(account, None)
        an_allowance(account, shop.chat, "100", now=None)
        spoken(account, shop.image, "closed", now=None)

        page = shown(admin_client, account, "change/?tab=history")

        assert "Budget team: 40 AIT a day, refuses beyond it" in page
        assert "Budget team: ended" in page
        assert f"Included of {shop.chat}: 100 units a month, from " in page
        assert f"Access to {shop.image}: closed, from " in page
        assert AUTHOR.reason in page
