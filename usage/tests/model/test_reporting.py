"""Usage events as the model of the rules has them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from usage.tests.model.bench import Town, hours, moved
from usage.tests.model.facts import Item, Refused
from usage.tests.model.ladders import Ladder
from usage.tests.model.reporting import Reports


@pytest.fixture
def town() -> Town:
    return Town()


@pytest.fixture
def reports(town: Town) -> Reports:
    return Reports(town.world)


def chat(quantity: str) -> Item:
    return Item("chat.in", Decimal(quantity))


class TestReports:
    def test_book_what_policy_would_refuse_and_say_how_much_that_is(
        self, town: Town, reports: Reports
    ) -> None:
        town.world.enrol("acme", hours(0), policy=Ladder("overage", Decimal(2)))
        town.grant("4", ends=9)
        reports.report("bot", "acme", "a", chat("10"), hours(1), None)

        told = reports.rate(hours(1), is_asked=False)[1]

        assert (told["overage"], told["beyond"], told["outcome"]) == (6, 4, "overage")
        assert [kind for kind, *_ in moved(town.purse)] == ["grant", "draw", "overage"]

    def test_go_by_the_time_of_usage_and_then_by_their_coming(self, town: Town, reports: Reports) -> None:
        for name, at in (("a", 3), ("b", 1), ("c", 2), ("d", 1)):
            reports.report("bot", "acme", name, chat("1"), hours(4), hours(at))

        assert list(reports.rate(hours(4), is_asked=False)) == [2, 4, 3, 1]

    def test_take_the_same_in_once_and_other_content_never(self, reports: Reports) -> None:
        assert reports.report("bot", "acme", "a", chat("1"), hours(1), None) == "accepted"
        assert reports.report("bot", "acme", "a", chat("1.0"), hours(2), None) == "duplicate"
        with pytest.raises(Refused, match="idempotency_key_reused"):
            reports.report("bot", "acme", "a", chat("2"), hours(2), None)
        with pytest.raises(Refused, match="forbidden"):
            reports.report("bot", "acme", "b", Item("other", Decimal(1)), hours(2), None)

    def test_leave_what_is_stuck_until_somebody_asks(self, town: Town, reports: Reports) -> None:
        reports.report("bot", "zoe", "a", chat("1"), hours(1), None)
        assert reports.rate(hours(1), is_asked=False) == {1: {"unknown_account"}}
        town.world.enrol("zoe", hours(2))

        assert reports.rate(hours(2), is_asked=False) == {}
        assert reports.rate(hours(2), is_asked=True)[1]["tokens"] == 1

    def test_wait_where_the_usage_is_too_old_or_ahead(self, reports: Reports) -> None:
        reports.report("bot", "acme", "a", chat("1"), hours(0), hours(-36 * 24))
        reports.report("bot", "acme", "b", chat("1"), hours(0), hours(1))

        assert [sorted(codes)[0] for codes in reports.rate(hours(0), is_asked=False).values()] == [
            "too_old",
            "ahead",
        ]
