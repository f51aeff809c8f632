"""How another system's records differ from ours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from billing.rules.reconciling import Ours, Theirs, compared, weeks

DAY = date(2026, 3, 2)


def theirs(name: str, amount: str, currency: str = "EUR") -> Theirs:
    return Theirs("invoice", name, "acme", Decimal(amount), currency, DAY)


def ours(name: str, amount: str) -> Ours:
    return Ours("invoice", name, "acme", None, Decimal(amount), "EUR", DAY)


class TestCompared:
    def test_tells_what_is_missing_on_either_side_and_what_differs(self) -> None:
        here = [ours("1", "10"), ours("2", "20"), ours("3", "30"), ours("5", "50")]
        there = [theirs("1", "10.00"), theirs("2", "21"), theirs("4", "40"), theirs("5", "50", "USD")]

        found = [(each.kind, each.subject, each.ours, each.theirs) for each in compared("erp", here, there)]

        assert found == [
            ("differs", "erp invoice 2", 20, 21),
            ("missing_there", "erp invoice 3", 30, None),
            ("missing_here", "erp invoice 4", None, 40),
            ("differs", "erp invoice 5", 50, 50),
        ]

    def test_takes_one_that_is_there_in_parts_by_its_sum(self) -> None:
        assert list(compared("erp", [ours("1", "10")], [theirs("1", "4"), theirs("1", "6")])) == []


class TestWeeks:
    def test_cover_each_day_once(self) -> None:
        parts = list(weeks(date(2026, 2, 1), date(2026, 2, 17)))

        assert parts == [
            (date(2026, 2, 1), date(2026, 2, 7)),
            (date(2026, 2, 8), date(2026, 2, 14)),
            (date(2026, 2, 15), date(2026, 2, 17)),
        ]
