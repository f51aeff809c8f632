"""The model's holds against small tables worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from pricing.tests.tiering import Step
from usage.tests.model.bench import NOON, Town, buckets, hours, moved
from usage.tests.model.facts import Refused
from usage.tests.model.holding import extend
from usage.tests.model.ladders import BLOCK, Ladder
from usage.tests.model.prices import Rate


@pytest.fixture
def town() -> Town:
    return Town()


def free(town: Town, at: float = 0) -> tuple[Decimal, Decimal]:
    balance = town.world.balance("acme", "AIT", hours(at))
    return balance["available"], balance["held"]


class TestHold:
    def test_pins_in_draw_order_and_moves_nothing(self, town: Town) -> None:
        last, first = town.grant("10"), town.grant("4", ends=5)

        held = town.hold(("chat.in", "6"))

        assert held.facts["draws"] == [(first.number, 4), (last.number, 2)]
        assert (free(town), len(moved(town.purse))) == ((8, 6), 2)

    def test_keeps_room_that_no_debit_may_take(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", Decimal(10)))
        town.hold(("chat.in", "7"))

        with pytest.raises(Refused) as refusal:
            town.debit(("chat.in", "4"))
        assert refusal.value.figures["shortfall"] == 1
        assert town.debit(("chat.in", "3")).facts["overage"] == 3


class TestCapture:
    def test_draws_held_tokens_first_then_more_of_those_in_force_then(self, town: Town) -> None:
        dear = town.grant("5", unit_cost=Decimal(3))
        held = town.hold(("chat.in", "5"))
        cheap, later = town.grant("5"), town.grant("50", starts=0.5)

        charged = town.capture(held, ("chat.in", "8"), now=0.6)

        assert charged.facts["draws"] == [(dear.number, 5), (cheap.number, 3)]
        assert (charged.facts["state"], buckets(later)) == ("captured", {"remaining": 50})

    def test_of_less_gives_the_rest_back_and_of_a_step_keeps_it(self, town: Town) -> None:
        town.grant("20")
        held = town.hold(("chat.in", "10"))

        step = town.capture(held, ("chat.in", "3"), is_final=False)
        assert (step.facts["held"], free(town)) == (7, (10, 7))
        last = town.capture(held, ("chat.in", "1"))

        assert (last.facts["captured"], free(town)) == (4, (16, 0))

    def test_by_the_policy_of_the_making(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", Decimal(2)))
        held = town.hold(("chat.in", "1"))
        town.world.enrol("acme", NOON, policy=BLOCK)

        with pytest.raises(Refused) as refusal:
            town.capture(held, ("chat.in", "3"))
        assert refusal.value.figures == {"required": 3, "available": 0, "shortfall": 1}
        assert town.capture(held, ("chat.in", "2")).facts["overage"] == 2

    def test_at_the_prices_of_the_making_and_from_its_place_in_the_month(self) -> None:
        town = Town(
            Rate(
                "chat.*",
                Decimal(2),
                tier_mode="graduated",
                steps=(Step(Decimal(10), Decimal(1), Decimal(1)),),
            )
        )
        town.grant("100")
        held = town.hold(("chat.in", "6"))
        assert town.debit(("chat.in", "9")).facts["tokens"] == 18
        town.world.publish("standard", [Rate("chat.*", Decimal(50))], hours(0.1))

        charged = town.capture(held, ("chat.in", "12"), now=0.2)

        assert charged.facts["tokens"] == 10 * 2 + 2
        assert next(iter(town.world.accounts["acme"].counts.values())) == 21

    def test_is_reversed_as_any_debit(self, town: Town) -> None:
        town.grant("20")
        held = town.hold(("chat.in", "10"))
        step = town.capture(held, ("chat.in", "3"), is_final=False)

        town.reverse(step)

        assert free(town) == (13, 7)


class TestEnd:
    def test_comes_at_its_instant(self, town: Town) -> None:
        town.grant("20")
        held = town.hold(("chat.in", "10"), lasts=1)

        assert [free(town, at) for at in (0.99, 1)] == [(10, 10), (20, 0)]
        with pytest.raises(Refused) as refusal:
            town.capture(held, ("chat.in", "3"), now=1)
        assert refusal.value.codes == {"conflict"}
        assert town.release(held, now=1).facts["state"] == "expired"

    def test_moves_with_an_extension_and_never_back(self, town: Town) -> None:
        town.grant("20")
        held = town.hold(("chat.in", "10"), lasts=1)

        for lasts in (2.0, 0.5):
            extend(town.world, "bot", held.facts["hold"], hours(0.5), timedelta(hours=lasts))

        assert [free(town, at) for at in (2.4, 2.5)] == [(10, 10), (20, 0)]

    def test_lets_lapse_what_returns_to_a_grant_that_is_over_or_void(self, town: Town) -> None:
        over, void = town.grant("4", ends=1), town.grant("6")
        held = town.hold(("chat.in", "10"), lasts=5)
        other = town.grant("1", now=0.1)
        with pytest.raises(Refused):
            town.void(void)
        town.world.sweep("acme", hours(2))
        assert buckets(over) == {"remaining": 4}

        town.release(held, now=2)

        assert (buckets(over), buckets(void), buckets(other)) == (
            {"expired": 4},
            {"remaining": 6},
            {"remaining": 1},
        )

    def test_is_one(self, town: Town) -> None:
        town.grant("20")
        held = town.hold(("chat.in", "10"))
        town.release(held)

        for again in (
            lambda: town.release(held),
            lambda: town.capture(held),
            lambda: town.release(held, as_capture=True),
        ):
            with pytest.raises(Refused):
                again()


class TestPastBalances:
    def test_tell_what_was_held(self, town: Town) -> None:
        town.grant("20", now=-5, starts=-5)
        held = town.hold(("chat.in", "10"), now=0, lasts=4)
        town.capture(held, ("chat.in", "3"), now=2, is_final=False)

        seen = [town.world.balance("acme", "AIT", hours(9), hours(at)) for at in (-1, 0, 2, 3.9, 4)]

        assert [(each["available"], each["held"]) for each in seen] == [
            (20, 0),
            (10, 10),
            (10, 7),
            (10, 7),
            (17, 0),
        ]
