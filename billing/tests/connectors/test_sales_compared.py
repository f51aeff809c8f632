"""What Stripe has sold, compared with the orders that it is here: every sort of difference, and no half answer."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from billing.models import ComparedDay, ComparedRecord, Gap, GapResend, InboxItem, Order
from billing.queries.compared import month_with_connections
from billing.services import (
    applying,
    comparing,
    gaps,
    resending,
)
from billing.tests.connectors.stripe_till import CONNECTORS, Till
from billing.tests.connectors.stripe_told import STRIPE
from billing.tests.desks.people import a_member
from billing.tests.orders.sold import an_offer, monthly
from usage.queries.moments import database_clock
from usage.tests.made import an_account

pytestmark = pytest.mark.django_db


class TestSales:
    def test_agree_where_all_of_it_was_told(self, till: Till) -> None:
        first, second = till.sells(), till.sells(3)
        till.books.refund(till.books.charge_of(second), 1000)
        team = till.price(
            an_offer("50", kind="plan", period="month", tokens=[monthly("10")]).code, 5000, "month"
        )
        subscription = till.books.subscribe(till.customer, [(team, 1)])
        till.tells()

        assert till.compared() == []
        rows = ComparedRecord.objects.filter(connection=till.row).order_by("here")
        told = [(each.name, each.here, each.there, each.agrees) for each in rows]
        assert told == [
            (first["id"], 10, 10, True),
            (second["id"], 20, 20, True),
            (subscription["id"], 50, 50, True),
        ]

    def test_differ_in_every_way_that_matters(self, till: Till) -> None:
        same, dearer, other, undone, forged = (till.sells() for _ in range(5))
        till.tells()
        unheard = till.sells(2)
        till.books.refund(till.books.charge_of(dearer), 400)
        till.books.refund(till.books.charge_of(undone))
        other["client_reference_id"] = an_account().reference
        till.books.tables["checkout/sessions"].remove(forged)
        del till.books.by_name[forged["id"]]

        found = till.compared()

        assert sorted(found, key=str) == sorted(
            [
                ("missing_here", unheard["id"], None, 20),
                ("differs", dearer["id"], 10, 6),
                ("differs", other["id"], 10, 10),
                ("missing_there", undone["id"], 10, None),
                ("missing_there", forged["id"], 10, None),
            ],
            key=str,
        )
        assert "There it costs 6 USD, here 10 USD." in till.said(dearer)
        assert f"There it is of the account {other['client_reference_id']}" in till.said(other)
        assert till.said(undone).endswith("There it is cancelled, or all of it was given back.")
        assert till.said(forged).endswith("There it is not known.")
        assert not Gap.objects.filter(subject__endswith=same["id"]).exists()
        assert InboxItem.objects.unresolved().filter(rule="gap", title__icontains="elsewhere").count() >= 5

        till.tells()

        kinds = {name: kind for kind, name, _, _ in till.compared()}
        assert kinds == {other["id"]: "differs", forged["id"]: "missing_there"}

    def test_that_can_not_be_applied_are_missing_and_say_why(self, till: Till) -> None:
        nameless = till.price("no-such-sku", 700)
        sale = till.books.buy(till.books.checkout([(nameless, 1)], till.customer))

        assert till.compared() == [("missing_here", sale["id"], None, 7)]
        assert till.said(sale).endswith("There is no SKU no-such-sku.")

    def test_of_which_no_line_is_ours_are_nothing(self, till: Till) -> None:
        mug = till.books.price(till.books.product("Mug"), 500)
        till.books.buy(till.books.checkout([(mug, 1)], till.customer))

        assert till.compared() == []
        assert not ComparedRecord.objects.exists()

    def test_accepted_stay_closed_until_they_say_something_else(self, till: Till) -> None:
        sale = till.sells()
        till.compared()
        gaps.accept(gap_id=Gap.objects.open().get().pk, reason="A test of theirs.", user=a_member("Finance"))

        assert till.compared() == []

        till.books.refund(till.books.charge_of(sale), 300)
        assert till.compared() == [("missing_here", sale["id"], None, 7)]


class TestNoAnswer:
    @pytest.mark.parametrize("after", [0, 2, 6])
    @pytest.mark.parametrize("trouble", ["500", "401", "half", "list"])
    def test_opens_no_gap_and_closes_none(self, till: Till, trouble: str, after: int) -> None:
        known = till.sells()
        till.compared()
        till.tells()
        till.sells()
        before = list(Gap.objects.values_list("pk", "state", "last_seen_at"))
        asked = ComparedDay.objects.latest("day").compared_at
        till.server.fail(trouble, after=after)

        assert till.compared() == [("missing_here", known["id"], None, 10)]
        assert list(Gap.objects.values_list("pk", "state", "last_seen_at")) == before
        assert ComparedDay.objects.latest("day").compared_at == asked

        till.server.recover()
        assert [kind for kind, _, _, _ in till.compared()] == ["missing_here"]
        assert not Gap.objects.open().filter(subject__endswith=known["id"]).exists()

    def test_is_a_sale_that_was_told_meanwhile(self, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
        till.sells()
        till.tells()
        told_meanwhile = comparing.exchanged

        def exchanged(*asked: Any) -> Any:
            answer = told_meanwhile(*asked)
            till.row.sales.update(changed_at=database_clock())
            return answer

        monkeypatch.setattr(comparing, "exchanged", exchanged)

        assert till.compared() == []
        assert not ComparedDay.objects.filter(day=database_clock().date()).exists()


class TestFetchedAgain:
    @pytest.fixture
    def finance(self) -> User:
        return a_member("Finance")

    def test_a_sale_that_was_never_told_becomes_its_order(self, till: Till, finance: User) -> None:
        sale = till.sells()
        till.compared()
        gap = Gap.objects.open().get()

        resending.ask(gap_id=gap.pk, reason="The webhook was off.", user=finance)
        for _ in range(2):
            GapResend.objects.filter(finished_at=None).update(next_at=database_clock())
            resending.go_on(till.row, STRIPE, lambda: False)
            applying.work_due(CONNECTORS, 20)

        gap.refresh_from_db()
        assert Order.objects.get(external_id=f"{till.row.code}:{sale['id']}").account.reference == till.buyer
        assert (gap.state, gap.how, gap.closed_by) == ("closed", "resent", "finance")
        notes = [(each.verb, each.said, each.by) for each in gap.notes.all()]
        assert notes[1:] == [
            ("asked", "The webhook was off.", "finance"),
            ("resent", "The webhook was off.", "finance"),
        ]
        words = [gap.how_it_closed, *(str(each) for each in gap.notes.all()[1:])]
        assert words == ["fetched again", "to be fetched again", "fetched again"]
        assert not InboxItem.objects.unresolved().filter(subject=str(gap.pk)).exists()
        assert till.compared() == []

    def test_what_they_do_not_know_stays_open_and_says_so(self, till: Till, finance: User) -> None:
        sale = till.sells()
        till.tells()
        del till.books.by_name[sale["id"]]
        till.books.tables["checkout/sessions"].remove(sale)
        till.compared()
        gap = Gap.objects.open().get()

        resending.ask(gap_id=gap.pk, reason="Look again.", user=finance)
        resending.go_on(till.row, STRIPE, lambda: False)

        gap.refresh_from_db()
        assert gap.is_open
        assert [str(each) for each in gap.notes.all()] == [
            "Found",
            "to be fetched again",
            "fetched again, and still there",
        ]
        assert GapResend.objects.get().said == "They have nothing of it that could be fetched."


class TestPage:
    def test_says_what_independent_sums_say(self, till: Till) -> None:
        till.sells(), till.sells(2)
        till.tells()
        till.sells(5)
        till.compared()

        month = database_clock().date().replace(day=1)
        (shown,) = month_with_connections(month, ["stripe"])
        (sums,) = shown.sums
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(DISTINCT o.id), sum(l.amount) FROM billing_order o
                   JOIN billing_orderversion v ON v.order_id = o.id JOIN billing_orderline l ON l.version_id = v.id
                   WHERE o.external_id LIKE %s AND v.placed_by = %s""",
                [f"{till.row.code}:%", till.row.code],
            )
            orders, paid_here = cursor.fetchone()
        sessions = till.books.tables["checkout/sessions"]
        paid_there = Decimal(sum(each["amount_total"] for each in sessions)) / 100

        assert (orders, paid_here, paid_there) == (2, 30, 80)
        assert (sums.records, sums.here, sums.there, sums.apart) == (3, paid_here, paid_there, 1)
        assert shown.answer is not None
        assert shown.answer.left == _days_of(month, till.row.created_at.date())


def _days_of(month: date, made_on: date) -> int:
    """Days of the month since the connection was made; none was asked about after the month's end."""
    following = (month + timedelta(days=32)).replace(day=1)
    return (following - made_on).days
