"""The tab of limits, and the forms of budgets."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from usage.models import Budget, BudgetLimit
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

BUDGET = {
    "code": "team",
    "tokens": "1,000",
    "unit": "AIT",
    "period": "day",
    "beyond": "hard",
    "feature": "*",
    "dimensions": "model=large",
    "subject": "team=research",
    "per": "user",
    "reason": "They asked for it.",
}


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


class TestOpenBudget:
    def send(self, client: Client, account: Account, **asked: Any) -> Any:
        return client.post(page_of(account, "budgets/open/"), BUDGET | asked)

    def test_counts_and_refuses_from_now_on(self, account: Account) -> None:
        support = at_the_desk_of("Support")

        answer = self.send(support, account)

        budget = Budget.objects.get(account=account)
        limit = budget.limits.get()
        assert (answer.status_code, said(answer)) == (302, "The budget team counts from now on.")
        assert (budget.dimensions, budget.subject, budget.per) == (
            {"model": "large"},
            {"team": "research"},
            "user",
        )
        assert (limit.tokens, limit.is_hard, limit.set_by, limit.reason) == (
            1000,
            True,
            "support",
            "They asked for it.",
        )

    def test_offers_the_unit_that_the_account_pays_in(self, account: Account) -> None:
        page = text_of(at_the_desk_of("Finance").get(page_of(account, "budgets/open/")))

        assert '<option value="AIT" selected>' in page

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"code": "a team"}, "A code has up to 64 letters"),
            ({"feature": "chat.*.x"}, "A budget names a feature&#x27;s code or a pattern that ends in *."),
            ({"tokens": "-1"}, "A budget is zero or more."),
            ({"tokens": "much"}, "much"),
            ({"subject": "research"}, "is not of the form name=value"),
            ({"reason": ""}, "This field is required."),
        ],
    )
    def test_refuses_in_a_sentence_and_loses_nothing(
        self, account: Account, asked: dict[str, str], sentence: str
    ) -> None:
        page = text_of(self.send(at_the_desk_of("Support"), account, **asked))

        assert sentence in page
        kept = BUDGET | asked
        assert all(kept[name] in page for name in ("code", "per", "dimensions"))
        assert not Budget.objects.exists()

    def test_opens_one_of_a_name(self, account: Account) -> None:
        support = at_the_desk_of("Support")
        self.send(support, account)

        assert "The account has a budget team already." in text_of(self.send(support, account))
        assert Budget.objects.count() == BudgetLimit.objects.count() == 1


class TestChangeBudget:
    def test_sets_another_limit_and_keeps_what_was_counted(self, account: Account, shop: Shop) -> None:
        budget = a_budget(account, "40", now=None)
        shop.debit(account, "10")
        finance = at_the_desk_of("Finance")
        address = page_of(account, f"budgets/{budget.pk}/change/")
        form = as_shown(finance, address) | {"tokens": "25", "beyond": "soft", "reason": "Less."}

        answer = finance.post(address, form)

        limit = budget.limits.latest("recorded_at")
        assert said(answer) == "The budget team allows 25 from now on."
        assert (limit.tokens, limit.is_hard, limit.set_by, limit.reason) == (25, False, "finance", "Less.")
        assert "15 left" in shown(finance, account)

    def test_replaces_nobodys_limit_unknowingly(self, account: Account) -> None:
        budget = a_budget(account, "40", now=None)
        finance = at_the_desk_of("Finance")
        address = page_of(account, f"budgets/{budget.pk}/change/")
        form = as_shown(finance, address) | {"tokens": "25", "beyond": "soft", "reason": "Less."}
        set_limit(account, "33")

        refused = finance.post(address, form)
        page = text_of(refused)
        again = finance.post(address, refused.context["form"].data)

        assert "Nothing was saved: tests changed this meanwhile." in page
        assert 'value="25"' in page
        assert "33 AIT a day" in page
        assert again.status_code == 302
        limits = budget.limits.order_by("recorded_at").values_list("tokens", flat=True)
        assert list(limits) == [40, 33, 25]

    def test_ends_it_and_opens_it_again(self, account: Account, shop: Shop) -> None:
        budget = a_budget(account, "40", now=None)
        finance = at_the_desk_of("Finance")
        ending, changing = (page_of(account, f"budgets/{budget.pk}/{each}/") for each in ("end", "change"))

        finance.post(ending, as_shown(finance, ending) | {"reason": "The project is over."})
        ended = shown(finance, account)
        shop.debit(account, "41")
        form = as_shown(finance, changing) | {"tokens": "50", "beyond": "hard", "reason": "It goes on."}
        finance.post(changing, form)

        assert "1 ended" in ended
        assert "“The project is over.”" in ended
        history = shown(finance, account, f"budgets/{budget.pk}/")
        assert all(each in history for each in ("It goes on.", "The project is over.", "ended</td>"))
        assert list(budget.limits.order_by("recorded_at").values_list("tokens", flat=True)) == [40, None, 50]

    def test_is_of_the_account_in_the_address(self, account: Account, shop: Shop) -> None:
        budget = a_budget(shop.an_account(), "40", now=None)
        finance = at_the_desk_of("Finance")

        for each in ("", "change/", "end/"):
            assert finance.get(page_of(account, f"budgets/{budget.pk}/{each}")).status_code == 404
