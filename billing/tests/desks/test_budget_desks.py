"""Forms that open, change and end budgets."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.tests.desks.people import as_shown, at_the_desk_of, said, text_of
from billing.tests.desks.test_limit_desks import page_of, set_limit, shown
from usage.models import Budget, BudgetLimit
from usage.tests.made import Shop, a_grant
from usage.tests.services.test_budgets import a_budget
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
