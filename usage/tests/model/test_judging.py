"""The model's policies with steps against small tables worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from usage.tests.model.bench import NOON, Town, hours
from usage.tests.model.facts import Item, Refused
from usage.tests.model.judging import observe
from usage.tests.model.ladders import BLOCK, DEPLOYMENT, Ladder, Throttle
from usage.tests.model.reporting import Reports

MINUTE = 1 / 60
"""In hours."""


@pytest.fixture
def town() -> Town:
    return Town()


def under(town: Town, mode: str = "block", **steps: object) -> None:
    town.world.enrol("acme", NOON, policy=Ladder(mode, **steps))  # type: ignore[arg-type]


def noted(town: Town) -> list[str]:
    return [each.kind for each in town.world.accounts["acme"].noted]


def refused(town: Town, tokens: str, now: float = 0) -> Refused:
    with pytest.raises(Refused) as refusal:
        town.debit(("chat.in", tokens), now=now)
    return refusal.value


class TestThresholds:
    def test_are_told_once_until_the_next_grant(self, town: Town) -> None:
        under(town, notify=(50,))
        town.grant("10")

        told = [town.debit(("chat.in", each)).facts["notices"] for each in ("4.999999", "0.000001", "1")]
        town.grant("6")
        again = town.debit(("chat.in", "5")).facts["notices"]

        assert (told, again) == ([[], ["threshold:50"], []], ["threshold:50"])

    def test_go_by_the_start_of_a_grant_however_late_it_is_looked_at(self, town: Town) -> None:
        under(town, notify=(50,))
        town.grant("10", starts=1, ends=2)

        assert town.debit(("chat.in", "0.000001"), now=1).facts["notices"] == []
        under(town, "overage", notify=(50,))
        assert town.debit(("chat.in", "1"), now=2).facts["notices"] == ["threshold:50", "overage"]

    def test_count_no_grant_that_was_voided_before_its_start(self, town: Town) -> None:
        under(town, notify=(50,))
        town.grant("10")
        town.debit(("chat.in", "5"))
        town.void(town.grant("100", starts=1))

        assert town.debit(("chat.in", "1"), now=2).facts["notices"] == []


class TestCaps:
    def test_are_all_asked_and_the_strictest_holds(self, town: Town) -> None:
        town.grant("10", kind="purchase")
        under(
            town, "overage", limit=Decimal(4), percent=Decimal("33.33333"), money=(Decimal(1), Decimal("0.3"))
        )

        assert refused(town, "13.333334").figures["shortfall"] == Decimal("0.000001")
        town.debit(("chat.in", "13.333333"))

        assert noted(town) == ["balance.depleted", "overage.started", "limit.reached"]

    def test_of_a_share_go_by_no_grant_that_was_not_bought(self, town: Town) -> None:
        town.grant("10", kind="adjustment")
        under(town, "overage", percent=Decimal(50))

        assert refused(town, "11").figures["shortfall"] == 1


class TestGraces:
    def test_begin_with_the_first_token_and_end_by_their_amount(self, town: Town) -> None:
        under(town, grace_tokens=Decimal(5))
        town.grant("1")

        first, last = (town.debit(("chat.in", each)).facts["notices"] for each in ("2", "4"))

        assert (first, last) == (["grace", "overage"], ["grace", "overage"])
        assert noted(town)[1:] == ["overage.started", "grace.started", "grace.ended"]
        assert refused(town, "1").figures["shortfall"] == 1

    def test_need_a_purchase_for_a_second_one(self, town: Town) -> None:
        under(town, grace_tokens=Decimal(5))
        town.debit(("chat.in", "2"))
        town.grant("2", kind="adjustment")
        refused(town, "1")

        town.grant("1", kind="purchase")

        assert town.debit(("chat.in", "2")).facts["notices"] == ["grace", "overage"]

    def test_are_ended_by_time_where_somebody_looks(self, town: Town) -> None:
        under(town, grace_lasts=hours(1) - NOON)
        town.debit(("chat.in", "2"))
        for at in (0.9, 1, 2):
            observe(town.world.accounts["acme"], hours(at))

        assert noted(town) == ["overage.started", "grace.started", "grace.ended"]
        refused(town, "1", now=1)


class TestThrottles:
    def test_are_refilled_continuously_up_to_a_minutes_allowance(self, town: Town) -> None:
        under(town, throttles=(Throttle(0, "tokens", Decimal(60)),))
        town.grant("1000")
        town.debit(("chat.in", "50"))

        early = refused(town, "20.5", now=10 * MINUTE / 60)

        assert early.codes == {"throttled"}
        assert early.figures == {"required": Decimal("20.5"), "available": 20, "limit": 60, "retry_after": 1}
        town.debit(("chat.in", "20"), now=10 * MINUTE / 60)
        assert town.world.accounts["acme"].buckets == {
            "account:tokens:0:AIT": (Fraction(0), hours(10 * MINUTE / 60))
        }
        assert refused(town, "60.000001", now=9).codes == {"limit_reached"}

    def test_hold_from_their_share_on_and_count_what_is_held_as_gone(self, town: Town) -> None:
        under(town, throttles=(Throttle(80, "calls", Decimal(1)),))
        town.grant("10")
        held = town.hold(("chat.in", "8"))
        town.debit(("chat.in", "1"))
        assert refused(town, "1").figures["retry_after"] == 60

        town.release(held)

        town.debit(("chat.in", "1"))

    def test_ask_nothing_of_captures_and_events(self, town: Town) -> None:
        under(town, throttles=(Throttle(0, "calls", Decimal(1)),))
        town.grant("10")
        town.capture(town.hold(("chat.in", "2")), ("chat.in", "3"))
        reports = Reports(town.world)
        reports.report("bot", "acme", "a", Item("chat.in", Decimal(1)), NOON, None)

        assert reports.rate(NOON, is_asked=False)[1]["outcome"] == "charged"
        assert town.world.accounts["acme"].buckets["account:calls:0"] == (Fraction(0), NOON)


class TestShared:
    def test_the_nearest_rules_each_item_and_the_strictest_all(self, town: Town) -> None:
        shared = town.world.shared
        shared.say(DEPLOYMENT, Ladder("overage", Decimal(9)), NOON)
        shared.say(("product", "bot"), Ladder("overage", Decimal(5)), NOON)
        shared.say(("feature", "pic"), Ladder("overage", Decimal(3)), NOON)

        town.debit(("chat.in", "3"))
        with pytest.raises(Refused):
            town.debit(("chat.in", "0.5"), ("pic", "0.5"))
        town.debit(("chat.in", "2"))

        town.world.enrol("acme", NOON, policy=BLOCK)
        assert refused(town, "1").figures["shortfall"] == 1


class TestHolds:
    def test_keep_their_ladder_and_how_far_it_goes(self, town: Town) -> None:
        under(town, grace_tokens=Decimal(5), notify=(50,))
        town.grant("10")
        held = town.hold(("chat.in", "4"))
        town.world.enrol("acme", NOON, policy=BLOCK)

        with pytest.raises(Refused):
            town.capture(held, ("chat.in", "15.000001"))
        charged = town.capture(held, ("chat.in", "15"))

        assert charged.facts["notices"] == ["threshold:50", "grace", "overage"]
        assert noted(town)[-2:] == ["grace.started", "grace.ended"]
