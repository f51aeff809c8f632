"""A customer who outgrew a trial: estimated, quoted with a discount, approved, sent, accepted, in use. By hand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from billing.models import Offer, Promotion, Quotation
from billing.queries.estimates import Estimate, estimate
from billing.queries.quotations import shown
from billing.rules.quotations import LineQuoted
from billing.services import auditing, quoting
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations.quoted import a_limit, a_promotion, a_seller, accepted, asked, off, sent
from usage.tests.made import DAY, HOUR, clock
from usage.tests.office import Office
from wallets.models import Currency

D = Decimal


@dataclass
class Shelf:
    plan: Offer
    seat: Offer
    pack: Offer
    bonus: Promotion


def a_shelf(desk: str) -> Shelf:
    """In euros: ten tokens and two seats a month, a seat, and a pack of seven tokens with half of it as a bonus."""
    Currency.objects.create(code="EUR", reporting_rate=D("1.1"))
    monthly_in_euros = {"period": "month", "currency": "EUR"}
    plan = an_offer("40", kind="plan", tokens=[monthly("10")], seats={desk: 2}, **monthly_in_euros)
    seat = an_offer("9.99", kind="seats", seats={desk: 1}, **monthly_in_euros)
    pack = an_offer("5.55", currency="EUR", tokens=[bought("7")])
    return Shelf(plan, seat, pack, a_promotion("bonus", "50", sku=pack.code, is_automatic=True))


@pytest.mark.django_db
class TestStory:
    def test_from_its_usage_to_tokens_and_seats_that_are_live(self) -> None:
        start = clock() - 10 * DAY
        office = Office(now=start, seats=1)
        shelf = a_shelf(office.shop.chat)
        for minute, person in enumerate(("ann", "bob", "cid")):
            office.take(person, now=start + minute * HOUR / 60)

        draft = self.is_quoted(office, shelf, self.is_estimated(office, shelf))
        self.is_approved(draft)
        answer = accepted(sent(draft))

        assert answer.order.external_id == Quotation.objects.get(pk=draft.pk).number
        self.lives(office)
        assert shelf.bonus.uses.count() == 1
        assert [auditing.told(finding) for finding in auditing.findings()] == []

    def is_estimated(self, office: Office, shelf: Shelf) -> Estimate:
        """Two of the three took overflow seats at 6 tokens: 12 in 30 days, and three seats at once.

        Three single seats and two packs are 29.97 + 11.10 = 41.07. With the plan it would be 40 + 9.99 + 5.55 = 55.54.
        """
        need = estimate(office.account, 30, "EUR", clock())
        assert (need.a_month, [each.seats for each in need.peaks]) == (12, [3])
        assert need.cover is not None
        assert {offer.code: count for offer, count in need.cover.choices} == {
            shelf.seat.code: 3,
            shelf.pack.code: 2,
        }
        assert need.cover.price == D("41.07")
        return need

    def is_quoted(self, office: Office, shelf: Shelf, need: Estimate) -> Quotation:
        """The plan's 40 less 12.5 % is 35; a seat 9.99; two packs 11.10; 5 % off these 56.09 is 2.8045, so 2.80.

        In proportion 1.747, 0.498 and 0.554: the two cents that rounding down leaves go to 0.498 and 1.747.
        """
        lines = (
            LineQuoted(shelf.plan.code, discount=off("12.5", reason="They grow")),
            LineQuoted(shelf.seat.code),
            LineQuoted(shelf.pack.code, D(2)),
        )
        seller = a_seller()
        a_limit("10", seller=seller)
        whole = asked(*lines, currency="EUR", discount=off("5"))
        draft = quoting.draft(account_id=office.account.pk, asked=whole, user=seller, estimate=need.kept())
        assert (draft.list_amount, draft.amount) == (D("61.09"), D("53.29"))
        assert [line.spread for line in draft.lines.order_by("position")] == [D("1.75"), D("0.50"), D("0.55")]
        return draft

    def is_approved(self, draft: Quotation) -> None:
        """5 and 1.75 off 40 are 16.87 %, over the seller's 10."""
        assert draft.widest_share == D("16.87")
        assert shown(draft, clock()).needs_approval
        manager = a_seller("Sales management")
        quoting.decide(quotation_id=draft.pk, edits=1, verdict="approved", reason="", user=manager)

    def lives(self, office: Office) -> None:
        """Ten tokens of the plan, fourteen bought for 10.55, seven as a bonus; three seats cost nothing now."""
        given = given_to(office.account)
        assert [(grant.kind, grant.tokens) for grant in given] == [
            ("included", 10),
            ("purchase", 14),
            ("promo", 7),
        ]
        cost = given[1].unit_cost
        assert cost is not None
        assert cost * 14 <= D("10.55") < (cost + D("1e-12")) * 14
        assert [office.take(person, now=clock()).seat for person in ("dan", "eve", "fay")] == ["base"] * 3
