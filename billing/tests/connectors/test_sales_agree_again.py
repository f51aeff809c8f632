"""What differed in a month and agrees again, or is gone, when it is compared in another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import ComparedRecord, Gap
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_till import Till
from usage.queries.moments import database_clock

pytestmark = pytest.mark.django_db


class TestMonthBefore:
    @pytest.fixture
    def before(self, till: Till) -> Tree:
        """A sale that was not told, compared a month ago."""
        sale = till.sells()
        till.compared()
        earlier = database_clock().date().replace(day=1) - timedelta(days=3)
        ComparedRecord.objects.filter(name=sale["id"]).update(day=earlier, month=earlier.replace(day=1))
        Gap.objects.filter(subject__endswith=sale["id"]).update(day=earlier)
        return sale

    def test_agrees_again_with_the_present_one(self, till: Till, before: Tree) -> None:
        till.tells()

        assert till.compared() == []
        rows = ComparedRecord.objects.filter(name=before["id"]).order_by("month")
        told = [(each.here, each.there, each.currency, each.agrees) for each in rows]
        assert told == [(10, 10, "USD", True)] * 2

    def test_still_differs_where_the_sale_does(self, till: Till, before: Tree) -> None:
        till.tells()
        till.books.refund(till.books.charge_of(before), 400)
        till.compared()

        rows = ComparedRecord.objects.filter(name=before["id"]).order_by("month")
        assert [(each.here, each.there, each.agrees) for each in rows] == [(None, 10, False), (10, 6, False)]

    def test_holds_nothing_of_what_neither_has_any_more(self, till: Till, before: Tree) -> None:
        till.books.refund(till.books.charge_of(before))

        assert till.compared() == []
        assert not ComparedRecord.objects.filter(name=before["id"]).exists()
