"""The pure rules of wallets: repaying, drawing, places in the draw order, states, slots."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from wallets.rules.draw_order import Rank, place, why
from wallets.rules.drawing import Drawable, Taken, drawn
from wallets.rules.grant_states import Buckets, at_moment
from wallets.rules.holding import Ended, Expiry, Part, holding
from wallets.rules.repaying import OpenLot, Starting, pays_for, repaid
from wallets.rules.slots import slot_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZERO = Decimal(0)


def key(number: int) -> UUID:
    return UUID(int=number)


class TestPaysFor:
    @pytest.mark.parametrize(
        ("patterns", "pays"),
        [
            ((), True),
            (("chat.input",), True),
            (("chat.*",), True),
            (("*",), True),
            (("image", "chat.in*"), True),
            (("chat.output",), False),
            (("chat",), False),
            (("Chat.*",), False),
        ],
    )
    def test_matches_codes_exactly_and_patterns_by_prefix(
        self, patterns: tuple[str, ...], pays: bool
    ) -> None:
        assert pays_for(patterns, "chat.input") is pays


class TestRepaid:
    def starting(self, number: int, tokens: int, **given: Any) -> Starting:
        facts = {"kind": "purchase", "features": (), "effective_at": NOON, "created_at": NOON - DAY}
        return Starting(id=key(number), free=Decimal(tokens), **{**facts, **given})

    def test_pays_the_oldest_lot_first_and_no_more_than_there_is(self) -> None:
        paid = repaid([self.starting(1, 7)], [OpenLot("chat", Decimal(5)), OpenLot("image", Decimal(5))])

        assert (paid.by_grant, paid.total) == ({key(1): Decimal(7)}, 7)

    def test_takes_grants_in_the_order_of_their_starts(self) -> None:
        late, early = self.starting(1, 7), self.starting(2, 7, effective_at=NOON - DAY)

        assert repaid([late, early], [OpenLot("chat", Decimal(10))]).by_grant == {key(2): 7, key(1): 3}

    def test_keeps_to_the_features_of_the_grant(self) -> None:
        grant = self.starting(1, 7, features=("image",))

        assert repaid([grant], [OpenLot("chat", Decimal(5)), OpenLot("image", Decimal(2))]).total == 2

    @pytest.mark.parametrize(
        ("kind", "pays"),
        [("purchase", 5), ("adjustment", 5), ("trial", 0), ("promo", 0), ("included", 0)],
    )
    def test_is_a_matter_of_tokens_that_were_bought(self, kind: str, pays: int) -> None:
        assert repaid([self.starting(1, 7, kind=kind)], [OpenLot("chat", Decimal(5))]).total == pays


class TestHolding:
    def part(self, number: int, tokens: int, **given: Any) -> Part:
        facts: dict[str, Any] = {
            "kind": "trial",
            "features": (),
            "held": ZERO,
            "effective_at": NOON - DAY,
            "expires_at": None,
            "created_at": NOON - DAY,
            "is_starting": False,
        }
        return Part(id=key(number), remaining=Decimal(tokens), **{**facts, **given})

    def test_counts_what_is_in_force_and_not_held(self) -> None:
        parts = [
            self.part(1, 10, held=Decimal(4), expires_at=NOON + DAY),
            self.part(2, 5, kind="promo", expires_at=NOON),
            self.part(3, 7, kind="purchase", effective_at=NOON + DAY),
            self.part(4, 2, held=Decimal(2), kind="included"),
        ]

        told = holding(parts, owed=ZERO, held=Decimal(6), lots=[], moment=NOON)

        assert (told.available, told.held, told.by_kind) == (6, 6, {"trial": 6})
        assert told.next_expiry == Expiry(NOON + DAY, Decimal(10))

    def test_counts_what_a_hold_keeps_past_its_end_as_free(self) -> None:
        ended = [Ended(NOON, Decimal(3))]
        part = self.part(1, 10, held=Decimal(4), ended=ended)

        told = holding([part], owed=ZERO, held=Decimal(1), lots=[], moment=NOON)

        assert (told.available, told.held) == (9, 1)

    def test_lets_what_a_hold_gives_back_to_a_voided_grant_lapse(self) -> None:
        part = self.part(
            1, 4, held=Decimal(4), is_void=True, ended=[Ended(NOON, Decimal(3))], expires_at=NOON + DAY
        )

        told = holding([part], owed=ZERO, held=Decimal(1), lots=[], moment=NOON)

        assert (told.available, told.by_kind) == (0, {})
        assert told.next_expiry == Expiry(NOON + DAY, Decimal(1))

    @pytest.mark.parametrize(
        ("tokens", "ended_at", "is_void", "repaid_then"),
        [(10, NOON, False, 10), (10, NOON + HOUR, False, 6), (4, NOON, True, 0)],
    )
    def test_lets_a_grant_repay_what_no_hold_kept_when_it_started(
        self, tokens: int, ended_at: datetime, is_void: bool, repaid_then: int
    ) -> None:
        part = self.part(
            1,
            tokens,
            kind="purchase",
            effective_at=NOON,
            is_starting=True,
            held=Decimal(4),
            is_void=is_void,
            ended=[Ended(ended_at, Decimal(4))],
        )

        told = holding(
            [part], owed=Decimal(20), held=ZERO, lots=[OpenLot("chat", Decimal(20))], moment=NOON + 2 * HOUR
        )

        assert told.overage == 20 - repaid_then


class TestDrawn:
    def test_lets_items_draw_in_the_order_sent(self) -> None:
        grants = [Drawable(key(1), ("image",), Decimal(3)), Drawable(key(2), (), Decimal(5))]

        taken, lacking = drawn(grants, [("chat", Decimal(4)), ("image", Decimal(6))])

        assert taken == [
            Taken(key(2), Decimal(5), is_late=False, first_item=0),
            Taken(key(1), Decimal(3), is_late=False, first_item=1),
        ]
        assert lacking == [0, 2]

    def test_gives_a_grant_one_place_whichever_of_its_tokens_pay(self) -> None:
        grants = [
            Drawable(key(1), ("chat",), Decimal(3)),
            Drawable(key(1), ("chat",), Decimal(2), is_late=True),
            Drawable(key(2), (), Decimal(5)),
        ]

        taken, lacking = drawn(grants, [("chat", Decimal(3)), ("image", Decimal(5)), ("chat", Decimal(2))])

        assert [(each.id, each.tokens, each.is_late) for each in taken] == [
            (key(1), 3, False),
            (key(1), 2, True),
            (key(2), 5, False),
        ]
        assert lacking == [0, 0, 0]

    def test_takes_nothing_for_items_that_cost_nothing(self) -> None:
        assert drawn([Drawable(key(1), (), Decimal(3))], [("chat", ZERO)]) == ([], [ZERO])


class TestDrawOrder:
    FIRST = Rank(key(1), 50, ("chat",), NOON, Decimal("0.01"), NOON - DAY, NOON - DAY)

    @pytest.mark.parametrize(
        ("later", "reason"),
        [
            ({"priority": 60}, "Priority 60 comes after 50."),
            ({"features": ()}, "It pays for every feature; grants for some features come first."),
            (
                {"expires_at": NOON + DAY},
                "It expires 2026-11-23 12:00 UTC; the one before expires 2026-11-22 12:00 UTC.",
            ),
            ({"expires_at": None}, "It never expires; the one before expires 2026-11-22 12:00 UTC."),
            (
                {"draw_cost": Decimal("0.02")},
                "A token of it cost 0.02; one of the grant before cost 0.01.",
            ),
            ({"effective_at": NOON}, "It started later than the one before."),
            ({"created_at": NOON}, "It was made later than the one before."),
            ({"id": key(2)}, "It is like the one before in everything; the identity decides."),
        ],
    )
    def test_is_decided_by_the_first_difference(self, later: dict[str, Any], reason: str) -> None:
        second = replace(self.FIRST, **later)

        assert sorted([second, self.FIRST], key=place) == [self.FIRST, second]
        assert why(self.FIRST, second) == reason

    def test_begins_with_a_grant_that_nothing_comes_before(self) -> None:
        assert why(None, self.FIRST) == "Nothing comes before it."


class TestState:
    def state(self, remaining: int, held: int = 0, **given: Any) -> Buckets:
        life = {"effective_at": NOON - DAY, "expires_at": None, "voided_at": None, **given}
        booked = Buckets("", Decimal(remaining), Decimal(held), ZERO, ZERO, ZERO)
        return at_moment(booked, moment=NOON, **life)

    @pytest.mark.parametrize(
        ("remaining", "life", "state"),
        [
            (5, {}, "open"),
            (0, {}, "spent"),
            (5, {"effective_at": NOON + DAY}, "pending"),
            (5, {"effective_at": NOON}, "open"),
            (5, {"expires_at": NOON}, "expired"),
            (5, {"expires_at": NOON + DAY}, "open"),
            (0, {"voided_at": NOON, "expires_at": NOON}, "voided"),
        ],
    )
    def test_is_judged_at_the_moment(self, remaining: int, life: dict[str, Any], state: str) -> None:
        assert self.state(remaining, **life).state == state

    def test_of_what_has_expired_leaves_what_is_held(self) -> None:
        told = self.state(5, held=2, expires_at=NOON)

        assert (told.remaining, told.held, told.expired) == (2, 2, 3)


class TestSlot:
    @pytest.mark.parametrize(("second", "begins"), [(0, 0), (29, 0), (30, 30), (59, 30)])
    def test_is_half_open(self, second: int, begins: int) -> None:
        moment = NOON.replace(second=second, microsecond=999_999)

        assert slot_of(moment, timedelta(seconds=30)) == NOON.replace(second=begins)
