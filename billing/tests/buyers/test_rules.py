"""What the people of an account may do by themselves, and who says so."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import BuyerRule, Offer
from billing.queries.buyer_rules import Allowed, allowed
from billing.services import contacts
from billing.tests.buyers.visiting import order_of, page, signed_in, text_of
from billing.tests.desks.people import as_shown, at_the_desk_of
from billing.tests.orders.sold import a_line, an_offer, bought, monthly, order
from config.kernel.errors import Conflict
from usage.tests.made import AUTHOR, DAY, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db

NOTHING = Allowed()


@pytest.fixture
def pack() -> Offer:
    return an_offer("50", name="Five hundred", tokens=[bought("500")])


def a_plan(name: str = "Team", budget: str | None = "900", packs: int | None = 2) -> Offer:
    most = None if budget is None else Decimal(budget)
    return an_offer(
        name=name,
        kind="plan",
        period="month",
        tokens=[monthly("100")],
        buyers_budget_most=most,
        buyers_packs_most=packs,
    )


class TestAllowed:
    def test_is_nothing_where_nobody_says_so(self, acme: Account, pack: Offer) -> None:
        order(acme, a_line(pack))
        a_plan()

        assert allowed(acme.pk, clock()) == NOTHING

    def test_is_what_the_plan_says_that_the_account_has(self, acme: Account, other: Account) -> None:
        order(acme, a_line(a_plan()))

        assert allowed(acme.pk, clock()) == Allowed(Decimal(900), 2, ("Team",))
        assert allowed(other.pk, clock()) == NOTHING

    def test_holds_as_long_as_the_account_has_it(self, acme: Account) -> None:
        now, plan = clock(), a_plan()
        begins, ends = now + DAY, now + 5 * DAY
        told = order(acme, a_line(plan, ends_at=ends), starts_at=begins, external_id="team")

        found = [allowed(acme.pk, now + days * DAY) != NOTHING for days in (0, 2, 6)]
        assert (told["state"], found) == ("active", [False, True, False])
        order(acme, a_line(plan), external_id="team", version=2, state="cancelled")
        assert allowed(acme.pk, now + 2 * DAY) == NOTHING

    def test_is_the_most_of_several(self, acme: Account) -> None:
        order(acme, a_line(a_plan("Budgets", "900", None)), a_line(a_plan("Packs", None, 4)))
        order(acme, a_line(a_plan("Small", "10", 0)))

        told = allowed(acme.pk, clock())

        assert (told.budget_most, told.packs_most) == (900, 4)
        assert sorted(told.offers) == ["Budgets", "Packs", "Small"]

    def test_follows_the_offer_as_it_is_now(self, acme: Account) -> None:
        plan = a_plan()
        order(acme, a_line(plan))

        Offer.objects.filter(pk=plan.pk).update(buyers_packs_most=7, is_sold=False)

        assert allowed(acme.pk, clock()).packs_most == 7

    def test_is_what_the_accounts_own_rule_says_if_it_has_one(self, acme: Account) -> None:
        order(acme, a_line(a_plan()))
        contacts.allow(customer_id=acme.pk, author=AUTHOR)
        assert allowed(acme.pk, clock()) == NOTHING

        contacts.allow(customer_id=acme.pk, as_bought=True, author=AUTHOR)

        assert allowed(acme.pk, clock()).packs_most == 2


class TestPages:
    def test_let_buyers_order_as_far_as_the_plan_says(self, acme: Account, pack: Offer) -> None:
        order(acme, a_line(a_plan()))
        client = signed_in(acme)

        assert "2 of 2 packs may be ordered" in text_of(client.get(page(acme, "packs/")))
        order_of(acme, pack, 2)
        with pytest.raises(Conflict, match="0 may be ordered now"):
            order_of(acme, pack)
        asked = {"code": "all", "tokens": "900", "period": "month", "beyond": "hard"}
        assert client.post(page(acme, "budgets/set/"), asked).status_code == 302
        over = client.post(page(acme, "budgets/set/"), asked | {"code": "more", "tokens": "901"})
        assert "may allow 900 tokens at most" in text_of(over)

    def test_do_not_offer_what_the_producer_sells_alone(self, acme: Account, pack: Offer) -> None:
        contacts.allow(customer_id=acme.pk, packs_most=3, author=AUTHOR)
        alone = an_offer("1", name="Of one deal", tokens=[bought("9")], is_for_buyers=False)
        client = signed_in(acme)

        shown = text_of(client.get(page(acme, "packs/")))

        assert (pack.name in shown, alone.name in shown) == (True, False)
        assert client.get(page(acme, f"packs/{alone.code}/")).status_code == 404
        with pytest.raises(Conflict, match="not on sale here"):
            order_of(acme, alone, price=Decimal(1))


class TestTheDesk:
    def test_leaves_it_to_what_the_account_bought(self, acme: Account) -> None:
        order(acme, a_line(a_plan()))
        finance = at_the_desk_of("Finance")
        desk = f"/admin/wallets/account/{acme.pk}/buyers/"
        assert "So it says in what the account has: Team." in text_of(finance.get(desk))
        own = {"by": "here", "budget_most": "", "packs_most": "1", "reason": "Pilot."}

        unclear = finance.post(f"{desk}rule/", as_shown(finance, f"{desk}rule/") | own | {"by": "bought"})
        assert "for the numbers below, or leave them as they were" in text_of(unclear)
        assert not BuyerRule.objects.exists()
        finance.post(f"{desk}rule/", as_shown(finance, f"{desk}rule/") | own)
        assert "up to 1 pack in thirty days" in text_of(finance.get(desk))
        finance.post(f"{desk}rule/", as_shown(finance, f"{desk}rule/") | {"by": "bought", "reason": "Over."})

        assert "up to 2 packs" in text_of(finance.get(desk))
        assert BuyerRule.objects.get().history.count() == 2
        told = text_of(finance.get(f"/admin/wallets/account/{acme.pk}/change/?tab=history"))
        assert "Its people may do what the offers say that the account has" in told
        assert "Over." in told
