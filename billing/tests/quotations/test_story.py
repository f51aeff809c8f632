"""A customer who outgrew a trial: estimated, quoted with a discount, approved, sent, accepted, in use. By hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.queries.estimates import estimate
from billing.queries.quotations import shown
from billing.rules.quotations import LineQuoted
from billing.services import auditing, quoting
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations.quoted import a_limit, a_promotion, a_seller, accepted, asked, off, sent
from usage.tests.made import DAY, HOUR, clock
from usage.tests.office import Office
from wallets.models import Currency

D = Decimal


@pytest.mark.django_db
class TestStory:
    def test_from_its_usage_to_tokens_and_seats_that_are_live(self) -> None:
        Currency.objects.create(code="EUR", reporting_rate=D("1.1"))
        start = clock() - 10 * DAY
        office = Office(now=start, seats=1)
        for minute, person in enumerate(("ann", "bob", "cid")):
            office.take(person, now=start + minute * HOUR / 60)
        plan = an_offer(
            "40",
            kind="plan",
            period="month",
            currency="EUR",
            tokens=[monthly("10")],
            seats={office.shop.chat: 2},
        )
        seat = an_offer("9.99", kind="seats", period="month", currency="EUR", seats={office.shop.chat: 1})
        pack = an_offer("5.55", currency="EUR", tokens=[bought("7")])
        bonus = a_promotion("bonus", "50", sku=pack.code, is_automatic=True)

        # Two of the three took overflow seats at 6 tokens: 12 in 30 days, and three seats at once.
        need = estimate(office.account, 30, "EUR", clock())
        assert (need.a_month, [each.seats for each in need.peaks]) == (12, [3])
        # The plan covers 10 tokens and 2 seats, another seat and one pack the rest: 40 + 9.99 + 5.55 = 55.54,
        # where three single seats and two packs were 29.97 + 11.10 = 41.07.
        assert need.cover is not None
        assert {offer.code: count for offer, count in need.cover.choices} == {seat.code: 3, pack.code: 2}
        assert need.cover.price == D("41.07")

        # The customer wants the plan: 40 less 12.5 % is 35; two packs 11.10; 5 % off 56.09 is 2.8045, so 2.80.
        seller = a_seller()
        a_limit("10", seller=seller)
        lines = (
            LineQuoted(plan.code, discount=off("12.5", reason="They grow")),
            LineQuoted(seat.code),
            LineQuoted(pack.code, D(2)),
        )
        whole = asked(*lines, currency="EUR", discount=off("5"))
        draft = quoting.draft(account_id=office.account.pk, asked=whole, user=seller, estimate=need.kept())
        assert (draft.list_amount, draft.amount) == (D("61.09"), D("53.29"))
        # In proportion 1.747…, 0.498…, 0.554…: the two cents that rounding down leaves go to 0.498 and 1.747.
        assert [line.spread for line in draft.lines.order_by("position")] == [D("1.75"), D("0.50"), D("0.55")]
        assert draft.widest_share == D("16.875")

        assert shown(draft, clock()).needs_approval
        quoting.decide(
            quotation_id=draft.pk, edits=1, verdict="approved", reason="", user=a_seller("Sales management")
        )
        answer = accepted(sent(draft))

        assert answer.order.external_id == draft.__class__.objects.get(pk=draft.pk).number
        assert [(grant.kind, grant.tokens) for grant in given_to(office.account)] == [
            ("included", 10),
            ("purchase", 14),
            ("promo", 7),
        ]
        purchase = given_to(office.account)[1]
        assert purchase.unit_cost is not None
        assert purchase.unit_cost * 14 <= D("10.55") < (purchase.unit_cost + D("1e-12")) * 14
        assert [office.take(person, now=clock()).seat for person in ("dan", "eve", "fay")] == ["base"] * 3
        assert bonus.uses.count() == 1
        assert [auditing.told(finding) for finding in auditing.findings()] == []
