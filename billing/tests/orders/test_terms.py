"""Seats, included units, access, prices and policy: what active lines add up to, beside what people set."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.models import PushedTerm
from billing.queries.desk_terms import desk_allowance, present_seats
from billing.queries.orders_due import accounts_due
from billing.rules.offers import policy_kept
from billing.services import auditing, entitlements
from billing.tests.orders.sold import a_line, an_offer, order
from config.kernel.errors import InvalidRequest
from usage.models import Access, Seats
from usage.queries.access import facts_of
from usage.queries.policies import own_policy
from usage.queries.terms import own_terms
from usage.rules.access import Says
from usage.rules.enrolment import Enrolment
from usage.services import entitling, limiting, terms
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder
from usage.tests.made import AUTHOR, DAY, Shop, a_segment, clock, named, up_to
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def start() -> datetime:
    return clock()


@pytest.fixture
def shop(start: datetime) -> Shop:
    return Shop(since=start - 60 * DAY)


@pytest.fixture
def acme(shop: Shop, start: datetime) -> Account:
    return shop.an_account(start - 50 * DAY)


def seats_given(account: Account, seats: int | None, now: datetime, **given: Any) -> None:
    limiting.give_seats(account_id=account.pk, pattern="desk", seats=seats, author=AUTHOR, now=now, **given)


class TestSeats:
    def test_of_several_orders_and_of_people_add_up(self, acme: Account, start: datetime) -> None:
        team, first, second = an_offer(kind="seats", seats={"desk": 5}), named("SO"), named("SO")
        seats_given(acme, 2, start)
        found = []

        order(acme, a_line(team, "2"), external_id=first, now=start)
        found.append(present_seats(acme.pk, "desk", start))
        order(acme, a_line(team), external_id=second, now=start + DAY)
        found.append(present_seats(acme.pk, "desk", start + DAY))
        order(acme, a_line(team), external_id=first, version=2, state="cancelled", now=start + 2 * DAY)
        found.append(present_seats(acme.pk, "desk", start + 2 * DAY))
        order(acme, a_line(team), external_id=second, version=2, state="cancelled", now=start + 3 * DAY)
        found.append(present_seats(acme.pk, "desk", start + 3 * DAY))

        assert found == [12, 17, 7, 2]

    def test_that_people_set_anew_are_added_to(self, acme: Account, start: datetime) -> None:
        order(acme, a_line(an_offer(kind="seats", seats={"desk": 5})), now=start)

        seats_given(acme, 3, start + DAY, effective_until=start + 4 * DAY)
        assert acme.pk in set(accounts_due(start + DAY))
        entitlements.work_due(start + DAY)
        with_three = present_seats(acme.pk, "desk", start + DAY)
        entitlements.work_due(start + 5 * DAY)

        assert (with_three, present_seats(acme.pk, "desk", start + 5 * DAY)) == (8, 5)
        assert acme.pk not in set(accounts_due(start + 5 * DAY))

    def test_start_and_end_with_their_line_once(self, acme: Account, start: datetime) -> None:
        line = a_line(an_offer(kind="seats", seats={"desk": 5}), ends_at=start + 9 * DAY)
        answer = order(acme, line, starts_at=start + DAY, now=start)
        facts = []

        for day in (0, 1, 1, 8, 9, 9):
            entitlements.work_due(start + day * DAY)
            facts.append(
                list(Seats.objects.filter(account=acme).values_list("seats", flat=True).order_by("pk"))
            )

        assert answer["lines"][0]["state"] == "scheduled"
        assert answer["lines"][0]["seats"] == []
        assert facts == [[], [5], [5], [5], [5, None], [5, None]]

    def test_of_a_closed_account_end_when_it_is_opened_again(self, acme: Account, start: datetime) -> None:
        line = a_line(an_offer(kind="seats", seats={"desk": 5}), ends_at=start + 2 * DAY)
        order(acme, line, now=start)
        seats = []

        for day, state in ((1, "closed"), (3, "closed"), (4, "active")):
            terms.enrol(
                reference=acme.reference, asked=Enrolment(state=state), author=AUTHOR, now=start + day * DAY
            )
            entitlements.work_due(start + day * DAY)
            seats.append(present_seats(acme.pk, "desk", start + day * DAY))
            assert auditing.findings(["pushed_terms_are_what_lines_add_up_to"]) == ()

        assert seats == [5, 5, None]


class TestAllowances:
    def test_are_included_beside_those_of_people(self, acme: Account, shop: Shop, start: datetime) -> None:
        asked = AllowanceOrder(shop.chat, Decimal(30), "month")
        limiting.include(account_id=acme.pk, order=asked, author=AUTHOR, now=start)
        plan, name = an_offer(kind="plan", period="month", allowances={shop.chat: "100"}), named("SO")

        order(acme, a_line(plan, "2"), external_id=name, now=start)
        both = desk_allowance(acme.pk, shop.chat, (), start)
        free = shop.debit(acme, "230", now=start).tokens
        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=start + DAY)
        after = desk_allowance(acme.pk, shop.chat, (), start + DAY)

        assert both is not None
        assert after is not None
        assert (both.units, free, after.units) == (230, 0, 30)

    def test_begin_with_the_line_that_began_first(self, acme: Account, shop: Shop, start: datetime) -> None:
        plan = an_offer(kind="plan", period="month", allowances={shop.chat: "100"})
        order(acme, a_line(plan), now=start)
        order(acme, a_line(plan), now=start + 5 * DAY)

        told = desk_allowance(acme.pk, shop.chat, (), start + 5 * DAY)

        assert told is not None
        assert (told.units, told.anchor) == (200, start.date())


class TestAccess:
    def test_is_opened_and_leaves_what_people_opened(
        self, acme: Account, shop: Shop, start: datetime
    ) -> None:
        plan = an_offer(kind="plan", period="month", access=[shop.chat, shop.image], entitlements="bought")
        until, name = start + 20 * DAY, named("SO")
        opened = AccessOrder(shop.chat, "open", effective_until=until)
        entitling.say(account_id=acme.pk, order=opened, author=AUTHOR, now=start)

        order(acme, a_line(plan), external_id=name, now=start)
        during = Says(facts_of(acme.pk), start)
        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=start + DAY)
        after = Says(facts_of(acme.pk), start + DAY)

        assert (during.mode, during.refuses(shop.image), during.refuses("other") is None) == (
            "bought",
            None,
            False,
        )
        assert after.mode == "portfolio"
        kept = after.of(shop.chat)
        assert kept is not None
        assert (kept.kind, kept.effective_until) == ("open", until)
        assert Access.objects.filter(account=acme, pattern=shop.image).latest("pk").kind == "none"


class TestPricesAndPolicy:
    def test_hold_for_the_time_of_the_line(self, acme: Account, shop: Shop, start: datetime) -> None:
        cheap = shop.a_table(tokens="0.5", since=start - 60 * DAY)
        policy = policy_kept(up_to("25"))
        plan = an_offer(kind="plan", period="month", rate_table=cheap.code, policy=policy)
        name = named("SO")

        order(acme, a_line(plan), external_id=name, now=start)
        during = shop.debit(acme, "10", now=start).tokens
        policy_during = own_policy(acme.pk)
        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=start + DAY)

        assert (during, policy_during) == (5, up_to("25"))
        held = own_terms(acme.pk, start + DAY)
        assert held is not None
        assert (held.table, own_policy(acme.pk)) == (shop.table, None)

    def test_give_an_account_back_to_its_segment(self, acme: Account, shop: Shop, start: datetime) -> None:
        segment = a_segment()
        terms.enrol(
            reference=acme.reference, asked=Enrolment(segment=segment.code), author=AUTHOR, now=start - DAY
        )
        plan, name = an_offer(kind="plan", period="month", rate_table=shop.table.code), named("SO")

        order(acme, a_line(plan), external_id=name, now=start)
        during = own_terms(acme.pk, start)
        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=start + DAY)
        after = own_terms(acme.pk, start + DAY)

        assert during is not None
        assert after is not None
        assert (during.table, during.segment) == (shop.table, None)
        assert (after.table, after.segment) == (None, segment)

    def test_stay_where_people_set_others_since(self, acme: Account, shop: Shop, start: datetime) -> None:
        plan, name = an_offer(kind="plan", period="month", policy=policy_kept(up_to("25"))), named("SO")
        order(acme, a_line(plan), external_id=name, now=start)
        shop_policy = up_to("7")

        terms.enrol(
            reference=acme.reference, asked=Enrolment(policy=shop_policy), author=AUTHOR, now=start + DAY
        )

        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=start + 2 * DAY)

        assert own_policy(acme.pk) == up_to("7")
        assert PushedTerm.objects.get(account=acme).told is None


class TestWindows:
    def test_of_access_add_up_to_all_the_time_that_some_line_opens_it(
        self, acme: Account, shop: Shop, start: datetime
    ) -> None:
        one, other = (an_offer(access=[shop.chat], entitlements="bought") for _ in range(2))
        order(
            acme,
            a_line(one, name="one", ends_at=start + 10 * DAY),
            a_line(other, name="other", ends_at=start + 20 * DAY),
            now=start,
        )
        found = []
        for day in (9, 10, 19, 20):
            entitlements.reconcile(account_id=acme.pk, now=start + day * DAY)
            said = Says(facts_of(acme.pk, shop.chat), start + day * DAY).of(shop.chat)
            found.append(said is not None and said.kind == "open")

        assert found == [True, True, True, False]

    def test_of_units_that_do_not_add_up_are_refused_rather_than_lost(
        self, acme: Account, shop: Shop, start: datetime
    ) -> None:
        monthly, daily = (an_offer(allowances={shop.chat: "100"}) for _ in range(2))
        daily.allowances.update(period="day")

        with pytest.raises(InvalidRequest) as refusal:
            order(acme, a_line(monthly), a_line(daily), now=start)
        order(acme, a_line(monthly, ends_at=start + 5 * DAY), now=start)
        with pytest.raises(InvalidRequest):
            order(acme, a_line(daily), now=start)
        order(acme, a_line(daily), starts_at=start + 5 * DAY, now=start)

        assert [each.pointer for each in refusal.value.errors] == ["/lines/1/sku"]
        entitlements.reconcile(account_id=acme.pk, now=start + 5 * DAY)
        present = desk_allowance(acme.pk, shop.chat, (), start + 5 * DAY)
        assert present
        assert present.period == "day"
