"""The model's grants, overage, keys and refusals against small tables worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from usage.tests.model.bench import NOON, Town, buckets, hours, moved
from usage.tests.model.facts import Refused
from usage.tests.model.ladders import BLOCK, Ladder


@pytest.fixture
def town() -> Town:
    return Town()


def figures(refusal: pytest.ExceptionInfo[Refused]) -> dict[str, Decimal]:
    return refusal.value.figures


class TestDrawOrder:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({"priority": 10}, {"priority": 50, "features": ("chat.*",)}),
            ({"features": ("chat.*",)}, {"ends": 1}),
            ({"ends": 5}, {"ends": 6}),
            ({"ends": 500}, {"unit_cost": Decimal(0)}),
            ({"unit_cost": Decimal(0)}, {"unit_cost": Decimal("0.01"), "starts": -5}),
            ({"starts": -5}, {"starts": -4}),
            ({"now": -5, "starts": -9}, {"now": -4, "starts": -9}),
        ],
    )
    def test_is_priority_scope_expiry_cost_start_creation(
        self, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        for turned in (False, True):
            town = Town()
            pair = [town.grant("5", **given) for given in ((second, first) if turned else (first, second))]
            if "now" in first and turned:
                continue  # creation decides: turning them round turns the order

            debit = town.debit(("chat.in", "7"))

            chosen, rest = reversed(pair) if turned else pair
            assert debit.facts["draws"] == [(chosen.number, 5), (rest.number, 2)]

    def test_gives_each_item_its_turn_and_stores_one_row_a_grant(self, town: Town) -> None:
        pictures = town.grant("3", features=("pic",))
        everything = town.grant("10")

        debit = town.debit(("chat.in", "2"), ("pic", "4"), ("chat.out", "1"))

        assert debit.facts["draws"] == [(everything.number, 4), (pictures.number, 3)]
        assert moved(town.purse)[2:] == [("draw", 4, 9), ("draw", 3, 6)]


class TestTermOfAGrant:
    @pytest.mark.parametrize(
        ("at", "pays"), [(-3.001, False), (-3, True), (-1.001, True), (-1, False), (0, False)]
    )
    @pytest.mark.parametrize("swept", [False, True])
    def test_decides_by_when_the_usage_occurred_swept_or_not(
        self, town: Town, at: float, pays: bool, swept: bool
    ) -> None:
        grant = town.grant("5", now=-3, starts=-3, ends=-1)
        if swept:
            town.world.sweep("acme", hours(-0.5))

        if pays:
            assert town.debit(("chat.in", "4"), at=at).facts["draws"] == [(grant.number, 4)]
        else:
            with pytest.raises(Refused) as refusal:
                town.debit(("chat.in", "4"), at=at)
            assert figures(refusal) == {"required": 4, "available": 0, "shortfall": 4}
        assert town.world.balance("acme", "AIT", NOON)["available"] == 0

    def test_a_late_draw_takes_from_what_expired(self, town: Town) -> None:
        grant = town.grant("5", now=-3, starts=-3, ends=-1)
        town.world.sweep("acme", hours(-0.5))

        town.debit(("chat.in", "4"), at=-2)

        assert buckets(grant) == {"spent": 4, "expired": 1}
        assert moved(town.purse) == [
            ("grant", 5, 5),
            ("expire", 5, 0),
            ("late_draw", 4, 0),
        ]

    def test_usage_dated_ahead_may_use_what_starts_before_it(self, town: Town) -> None:
        coming = town.grant("5", starts=0.05)

        assert town.debit(("chat.in", "4"), at=0.06).facts["draws"] == [(coming.number, 4)]

    def test_tokens_voided_are_gone_for_good(self, town: Town) -> None:
        grant = town.grant("5", now=-3, starts=-3, ends=-1)
        town.void(grant, now=-2)

        with pytest.raises(Refused):
            town.debit(("chat.in", "1"), at=-2.5)


class TestOverage:
    def test_is_what_the_grants_lack_within_the_limit_of_the_policy(self, town: Town) -> None:
        town.grant("5")
        town.world.enrol("acme", NOON, policy=Ladder("overage", Decimal(10)))

        debit = town.debit(("chat.in", "12"))

        assert (debit.facts["outcome"], str(debit.facts["overage"])) == ("overage", "7.000000")
        with pytest.raises(Refused) as refusal:
            town.debit(("chat.in", "3.5"))
        assert figures(refusal) == {"required": Decimal("3.5"), "available": 0, "shortfall": Decimal("0.5")}
        assert len(moved(town.purse)) == 3

    def test_is_repaid_by_a_purchase_oldest_first_within_its_scope(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        town.debit(("chat.in", "4"))
        town.debit(("pic", "3"), ("chat.out", "2"))

        chat = town.grant("5", kind="purchase", features=("chat.*",))
        trial = town.grant("9")

        assert [str(lot.open) for lot in town.purse.lots] == ["0.000000", "3.000000", "1.000000"]
        assert (buckets(chat), buckets(trial)) == ({"spent": 5}, {"remaining": 9})
        assert str(town.purse.balance) == "5.000000"

    def test_is_repaid_by_a_pending_grant_before_the_next_movement_or_read(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        coming = town.grant("5", kind="adjustment", starts=2)
        town.debit(("chat.in", "4"), now=1)

        before = town.world.balance("acme", "AIT", hours(1.9))
        after = town.world.balance("acme", "AIT", hours(2))

        assert (before["available"], before["overage"]) == (0, 4)
        assert (after["available"], after["overage"]) == (1, 0)
        town.debit(("chat.in", "1"), now=3)
        assert buckets(coming) == {"spent": 5}
        assert [kind for kind, *_ in moved(town.purse)] == ["grant", "overage", "repay", "draw"]

    def test_keeps_no_room_when_the_policy_goes_back_to_block(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        town.debit(("chat.in", "4"))
        town.world.enrol("acme", NOON, policy=BLOCK)
        town.grant("3")

        town.debit(("chat.in", "3"))
        with pytest.raises(Refused) as refusal:
            town.debit(("chat.in", "1"))
        assert figures(refusal)["shortfall"] == 1


class TestVoid:
    def test_takes_what_is_left(self, town: Town) -> None:
        grant = town.grant("5")
        town.debit(("chat.in", "2"))

        town.void(grant)

        assert buckets(grant) == {"spent": 2, "voided": 3}

    @pytest.mark.parametrize("spoilt", ["voided", "spent", "expired"])
    def test_refuses_when_nothing_is_there(self, town: Town, spoilt: str) -> None:
        grant = town.grant("5", ends=1)
        if spoilt == "voided":
            town.void(grant)
        if spoilt == "spent":
            town.debit(("chat.in", "5"))

        with pytest.raises(Refused) as refusal:
            town.void(grant, now=2 if spoilt == "expired" else 0)
        assert refusal.value.codes == {"conflict"}


class TestTransfer:
    def test_moves_remainders_in_draw_order_with_what_they_are(self, town: Town) -> None:
        town.world.enrol("team", NOON, parent="acme", policy=Ladder("overage", None))
        trial = town.grant("3", ends=2)
        bought = town.grant("5", kind="purchase", unit_cost=Decimal("0.01"))
        town.debit(("chat.in", "1"))

        answer = town.world.transfer("bot", "acme", "t", None, NOON, "AIT", "team", Decimal(4))

        team = town.world.accounts["team"].purse("AIT")
        assert answer.facts["from"] == [(trial.number, 2), (bought.number, 2)]
        assert [(g.kind, g.tokens, g.expires_at, g.unit_cost) for g in team.grants] == [
            ("trial", 2, hours(2), 0),
            ("purchase", 2, None, Decimal("0.01")),
        ]
        assert (trial.tokens, buckets(trial)) == (1, {"spent": 1})
        assert (town.purse.balance, team.balance) == (3, 4)

    def test_refuses_more_than_is_available(self, town: Town) -> None:
        town.world.enrol("team", NOON, parent="acme")
        town.grant("3", starts=1)
        town.grant("2")

        with pytest.raises(Refused) as refusal:
            town.world.transfer("bot", "acme", "t", None, NOON, "AIT", "team", Decimal(4))
        assert figures(refusal) == {"required": 4, "available": 2, "shortfall": 2}


class TestKeys:
    def test_answer_the_first_time_again_whatever_has_changed(self, town: Town) -> None:
        town.grant("5")
        first = town.debit(("chat.in", "2"), key="k", body="b")
        town.world.enrol("acme", NOON, state="closed")

        again = town.debit(("chat.in", "2"), key="k", body="b", now=9000)

        assert again.replayed
        assert again.facts == first.facts
        assert len(town.purse.entries) == 2

    def test_refuse_another_body(self, town: Town) -> None:
        town.grant("5")
        town.debit(("chat.in", "2"), key="k", body="b")

        with pytest.raises(Refused) as refusal:
            town.debit(("chat.in", "3"), key="k", body="c")
        assert refusal.value.codes == {"idempotency_key_reused"}

    def test_are_not_claimed_by_a_refusal(self, town: Town) -> None:
        with pytest.raises(Refused):
            town.debit(("chat.in", "2"), key="k", body="b")
        town.grant("5")

        assert not town.debit(("chat.in", "3"), key="k", body="c").replayed


class TestRefusals:
    @pytest.mark.parametrize(
        ("items", "at", "code"),
        [
            ([("nothing", "1")], 0, "unknown_feature"),
            ([("other", "1")], 0, "forbidden"),
            ([("chat.in", "1")], -35 * 24 - 0.001, "invalid_request"),
            ([("chat.in", "1")], 0.084, "invalid_request"),
        ],
    )
    def test_name_what_is_wrong(self, town: Town, items: list[tuple[str, str]], at: float, code: str) -> None:
        with pytest.raises(Refused) as refusal:
            town.debit(*items, at=at)
        assert code in refusal.value.codes

    def test_are_of_a_grant_that_starts_more_than_35_days_back(self, town: Town) -> None:
        town.grant("5", now=35 * 24, starts=0)

        with pytest.raises(Refused) as refusal:
            town.grant("5", now=35 * 24 + 0.001, starts=0)
        assert refusal.value.codes == {"invalid_request"}

    def test_show_what_the_items_could_draw_one_after_the_other(self, town: Town) -> None:
        town.grant("3", features=("pic",))
        town.grant("4")
        town.world.enrol("acme", NOON, policy=Ladder("overage", Decimal(1)))

        with pytest.raises(Refused) as refusal:
            town.debit(("pic", "5"), ("chat.in", "5"))
        assert figures(refusal) == {"required": 10, "available": 7, "shortfall": 2}
        assert str(town.purse.balance) == "7"


class TestPastBalances:
    def test_are_what_the_call_answered_then(self, town: Town) -> None:
        town.grant("5", ends=3)
        town.debit(("chat.in", "2"), now=1, at=0)
        town.world.sweep("acme", hours(4))

        seen = [town.world.balance("acme", "AIT", hours(5), hours(at))["available"] for at in (-1, 0.5, 1, 3)]

        assert seen == [0, 5, 3, 0]

    def test_settle_what_started_between_two_movements(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        town.debit(("chat.in", "2"))
        town.grant("5", starts=2, kind="purchase")
        town.debit(("chat.in", "1"), now=9)

        then = town.world.balance("acme", "AIT", hours(10), hours(2) + timedelta(minutes=1))

        assert (then["available"], then["overage"]) == (3, 0)
