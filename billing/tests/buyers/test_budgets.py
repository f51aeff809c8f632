"""Budgets that an account's own people set."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import Contact
from billing.services import contacts
from billing.tests.buyers.visiting import page, signed_in, text_of
from billing.tests.desks.people import as_shown
from config.kernel.errors import LimitReached
from usage.models import Budget
from usage.services import limiting
from usage.services.limiting import BudgetOrder
from usage.tests.made import AUTHOR, Shop
from wallets.models import Account

pytestmark = pytest.mark.django_db
ASKED = {
    "code": "research",
    "tokens": "200",
    "period": "month",
    "beyond": "hard",
    "team": "research",
    "user": "",
    "per": "",
    "feature": "",
    "reason": "We watch it.",
}


@pytest.fixture
def allowed(acme: Account) -> Account:
    contacts.allow(customer_id=acme.pk, budget_most=Decimal(300), packs_most=0, author=AUTHOR)
    return acme


class TestSetting:
    def test_counts_from_now_on_and_says_which_contact_it_was(self, allowed: Account, shop: Shop) -> None:
        client = signed_in(allowed, "manager")

        answer = client.post(page(allowed, "budgets/set/"), ASKED)

        assert answer["Location"] == page(allowed, "budgets/?done=budget")
        limit = Budget.objects.get(account=allowed).limits.get()
        contact = Contact.objects.get(role="manager")
        assert (limit.tokens, limit.set_by, limit.reason) == (200, f"contact {contact.pk}", "We watch it.")
        shop.debit(allowed, "150", subject={"team": "research"})
        with pytest.raises(LimitReached):
            shop.debit(allowed, "51", subject={"team": "research"})

    def test_offers_the_features_that_have_a_price(self, allowed: Account, shop: Shop) -> None:
        shown = text_of(signed_in(allowed, "manager").get(page(allowed, "budgets/set/")))

        assert f'<option value="{shop.chat}">' in shown

    def test_goes_no_further_than_the_producer_allows(self, allowed: Account) -> None:
        client = signed_in(allowed, "manager")

        shown = text_of(client.post(page(allowed, "budgets/set/"), ASKED | {"tokens": "300.000001"}))

        assert "A budget of yours may allow 300 tokens at most." in shown
        assert not Budget.objects.exists()

    def test_is_refused_where_the_producer_says_nothing(self, acme: Account) -> None:
        shown = text_of(signed_in(acme).post(page(acme, "budgets/set/"), ASKED))

        assert "Your supplier does not let you set budgets" in shown
        assert not Budget.objects.exists()

    def test_is_not_for_viewers(self, allowed: Account) -> None:
        assert signed_in(allowed, "viewer").post(page(allowed, "budgets/set/"), ASKED).status_code == 403
        assert not Budget.objects.exists()

    def test_ends_at_so_many(self, allowed: Account) -> None:
        client = signed_in(allowed, "manager")
        for place in range(20):
            client.post(page(allowed, "budgets/set/"), ASKED | {"code": f"b{place}"})

        assert "You may open 20 budgets" in text_of(client.post(page(allowed, "budgets/set/"), ASKED))


class TestChanging:
    def test_allows_more_or_less_and_ends(self, allowed: Account) -> None:
        client = signed_in(allowed, "manager")
        client.post(page(allowed, "budgets/set/"), ASKED)
        budget = Budget.objects.get(account=allowed)
        path = page(allowed, f"budgets/{budget.pk}/change/")

        for tokens in ("120", ""):
            asked = as_shown(client, path) | {"tokens": tokens, "beyond": "soft"}
            assert client.post(path, asked).status_code == 302

        told = budget.limits.order_by("recorded_at").values_list("tokens", "is_hard")
        assert list(told) == [(200, True), (120, False), (None, False)]

    def test_leaves_the_producers_budgets_alone(self, allowed: Account) -> None:
        order = BudgetOrder(code="theirs", period="month", tokens=Decimal(100), is_hard=True)
        budget = limiting.open_budget(account_id=allowed.pk, order=order, author=AUTHOR)
        client = signed_in(allowed)
        path = page(allowed, f"budgets/{budget.pk}/change/")

        shown = text_of(client.post(path, as_shown(client, path) | {"tokens": "200", "beyond": "hard"}))

        assert "Your supplier set this budget" in shown
        assert budget.limits.count() == 1

    def test_leaves_alone_what_the_producer_lowered(self, allowed: Account) -> None:
        client = signed_in(allowed, "manager")
        client.post(page(allowed, "budgets/set/"), ASKED)
        budget = Budget.objects.get(account=allowed)
        limiting.change_budget(budget=budget, tokens=Decimal(10), is_hard=True, author=AUTHOR)
        path = page(allowed, f"budgets/{budget.pk}/change/")

        client.post(path, as_shown(client, path) | {"tokens": "250", "beyond": "hard"})

        assert budget.limits.latest("recorded_at").tokens == 10

    def test_replaces_nobodys_limit_unknowingly(self, allowed: Account) -> None:
        client = signed_in(allowed, "manager")
        client.post(page(allowed, "budgets/set/"), ASKED)
        budget = Budget.objects.get(account=allowed)
        path = page(allowed, f"budgets/{budget.pk}/change/")
        seen = as_shown(client, path)
        client.post(path, seen | {"tokens": "50", "beyond": "hard"})

        client.post(path, seen | {"tokens": "250", "beyond": "hard"})

        assert budget.limits.latest("recorded_at").tokens == 50
