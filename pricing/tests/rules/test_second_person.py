from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from pricing.rules.costs import CostLine, UnitCost, unit_cost
from pricing.rules.rows import RateRow
from pricing.rules.second_person import FINDINGS_SHOWN, MarginOf, Rule, reasons
from pricing.rules.tiers import Tier
from pricing.tests.costs import a_cost
from pricing.tests.prices import row


@dataclass(frozen=True)
class Left:
    share: Decimal | None
    why: str = "As reckoned."


def left(share: str | None) -> MarginOf:
    return lambda _row, _cost: Left(None if share is None else Decimal(share))


def asked(
    rules: list[Rule], rows: Sequence[RateRow], before: Sequence[RateRow] = (), left: MarginOf | None = None
) -> list[str]:
    """Why a second person is needed, by what the rows say of costs."""
    return [each.detail for each in reasons(rules, rows, before, list(map(unit_cost, rows)), left)]


def jump(before: Sequence[RateRow], after: Sequence[RateRow], share: str = "20") -> list[str]:
    return asked([Rule("jump", Decimal(share))], after, before)


def margin(rate: RateRow, margin_of: MarginOf | None, share: str = "30") -> list[str]:
    return asked([Rule("margin", Decimal(share))], [rate], left=margin_of)


def beyond(quantity: int, tokens: str | int) -> Tier:
    return Tier(Decimal(quantity), Decimal(tokens), Decimal(1))


class TestReasons:
    def test_are_none_without_rules(self) -> None:
        assert asked([], [row("chat", 9, cost="1")], [row("chat", 1)]) == []

    def test_are_one_for_a_table_where_whatever_changes_counts(self) -> None:
        assert asked([Rule("sensitive"), Rule("sensitive")], [row("chat")], [row("chat")]) == [
            "Whatever changes in this table needs a second person."
        ]

    def test_take_the_strictest_of_several_rules_of_a_kind(self) -> None:
        rules = [Rule("jump", Decimal(50)), Rule("jump", Decimal(5)), Rule("jump", Decimal(20))]

        assert asked(rules, [row("chat", "1.1")], [row("chat", 1)]) == [
            "chat goes from 1 to 1.1 tokens a unit, more than 5 %."
        ]

    def test_are_told_up_to_a_number_and_counted_beyond_it(self) -> None:
        before = [row(f"f{n}", 1) for n in range(FINDINGS_SHOWN + 7)]
        after = [row(f"f{n}", 2) for n in range(FINDINGS_SHOWN + 7)]

        found = jump(before, after)

        assert len(found) == FINDINGS_SHOWN + 1
        assert found[-1] == "The same is true of 7 more rates."


class TestJump:
    @pytest.mark.parametrize(
        ("before", "after", "jumps"),
        [
            ("10", "12", False),
            ("10", "12.000000000001", True),
            ("10", "8", False),
            ("10", "7.999999999999", True),
            ("10", "0", True),
            ("0", "0.000000000001", True),
            ("0", "0", False),
        ],
    )
    def test_is_more_than_the_share_of_what_the_price_was(self, before: str, after: str, jumps: bool) -> None:
        assert bool(jump([row("chat", before)], [row("chat", after)])) is jumps

    def test_compares_prices_of_a_unit(self) -> None:
        assert jump([row("chat", 10, per=1000)], [row("chat", "0.01")]) == []
        assert jump([row("chat", 10)], [row("chat", 10, per=1000)]) == [
            "chat goes from 10 to 0.01 tokens a unit, more than 20 %."
        ]

    def test_follows_a_price_to_the_row_that_takes_it_over(self) -> None:
        before = [row("chat.*", 1), row("chat.output", 4)]
        after = [row("chat.*", 1), row("chat.output", 4, model="small")]

        assert jump(before, after) == ["chat.output goes from 4 to 1 tokens a unit, more than 20 %."]
        assert jump([row("chat.*", 1)], [row("chat.*", 1), row("chat.output", 9)]) == [
            "chat.output goes from 1 to 9 tokens a unit, more than 20 %."
        ]

    def test_counts_a_price_that_is_gone_and_none_that_is_new(self) -> None:
        assert jump([row("chat", 1), row("image", 1)], [row("chat", 1)]) == [
            "image is priced now and would have no rate."
        ]
        assert jump([row("chat", 1)], [row("chat", 1), row("image", 99)]) == []

    def test_counts_the_least_price_of_a_line(self) -> None:
        assert jump([row("chat", 1)], [row("chat", 1, minimum="5")]) == [
            "chat goes from 0 to 5 tokens a line at least, more than 20 %."
        ]
        assert jump([row("chat", 1, minimum="5")], [row("chat", 1, minimum="6")]) == []

    def test_is_looked_for_in_every_tier(self) -> None:
        flat, tiered = (
            row("chat", 10),
            replace(row("chat", 10), tier_mode="graduated", tiers=(beyond(100, 8),)),
        )

        assert jump([flat], [tiered]) == []
        assert jump([flat], [replace(tiered, tiers=(beyond(100, "7.9"),))]) == [
            "chat goes from 10 to 7.9 tokens a unit beyond 100 a month, more than 20 %."
        ]
        assert jump([tiered], [replace(tiered, tiers=(beyond(100, 8), beyond(500, 6)))]) == [
            "chat goes from 8 to 6 tokens a unit beyond 500 a month, more than 20 %."
        ]

    def test_counts_another_way_of_pricing(self) -> None:
        tiered = replace(row("chat", 10), tier_mode="graduated", tiers=(beyond(100, 10),))
        formula = replace(row("chat", 0), formula="ceil(quantity / 10)")

        for before, after in (
            (tiered, replace(tiered, tier_mode="volume")),
            (row("chat", 10), replace(tiered, tier_mode="package")),
            (row("chat", 10), formula),
            (formula, replace(formula, formula="ceil(quantity / 11)")),
        ):
            assert jump([before], [after]) == ["chat is priced in another way, more than 20 %."]
        assert jump([formula], [formula]) == []

    def test_does_not_mind_labels_costs_and_rounding(self) -> None:
        other = row("chat.*", 1, rounding="up", cost="9", cost_currency="USD", name="Chat")

        assert jump([row("chat.*", 1)], [other], "0") == []


class TestMargin:
    @pytest.mark.parametrize(("share", "asks"), [("0.300", False), ("0.299", True), ("-0.5", True)])
    def test_is_what_is_left_and_must_not_be_under_the_share(self, share: str, asks: bool) -> None:
        assert bool(margin(row("chat", 1, cost="0.5"), left(share))) is asks

    def test_says_what_is_left_and_how_it_was_reckoned(self) -> None:
        assert margin(row("chat", 1, cost="0.5"), left("0.25")) == [
            "chat leaves 25 %, under 30 %. As reckoned."
        ]
        assert margin(row("chat", 0, cost="0.5"), left(None)) == [
            "chat leaves nothing, under 30 %. As reckoned."
        ]

    def test_needs_no_second_person_where_nothing_is_spent(self) -> None:
        assert margin(row("chat", 1), None) == []
        assert margin(row("chat", 0, cost="0"), left(None)) == []

    def test_needs_one_where_nobody_can_reckon_it(self) -> None:
        assert margin(row("chat", 1, cost="0.5"), None) == ["Nobody here knows what a token is worth."]
        assert margin(row("chat", 1, cost="0.5"), left(None)) == [
            "The margin of chat and others alike can't be reckoned. As reckoned."
        ]

    def test_says_once_why_it_cannot_be_reckoned(self) -> None:
        rows = [row("chat", 1, cost="0.5"), row("image", 1, cost="0.5")]

        assert len(asked([Rule("margin", Decimal(30))], rows, left=left(None))) == 1


class TestMarginAtWhatAModelCosts:
    """Half is left of a price of one at a cost of a half."""

    def of(self, rate: RateRow, listed: CostLine | None) -> list[str]:
        def left(_row: RateRow, cost: UnitCost) -> Left:
            return Left(1 - (cost.amount or Decimal(0)), f"It costs {cost.amount}.")

        costs = [unit_cost(rate, listed)]
        return [each.detail for each in reasons([Rule("margin", Decimal(60))], [rate], [], costs, left)]

    def test_counts_where_the_row_says_no_cost(self) -> None:
        assert self.of(row("chat", 1, model="gpt"), a_cost("gpt", "0.5")) == [
            "chat (model=gpt) leaves 50 %, under 60 %. It costs 0.5."
        ]
        assert self.of(row("chat", 1, model="gpt"), a_cost("gpt", "0.4")) == []

    def test_does_not_count_beside_a_cost_that_the_row_says(self) -> None:
        assert self.of(row("chat", 1, model="gpt", cost="0.1"), a_cost("gpt", "0.5")) == []
        assert self.of(row("chat", 1, model="gpt", cost="0"), a_cost("gpt", "0.5")) == []

    def test_asks_nobody_where_no_cost_is_known(self) -> None:
        assert self.of(row("chat", 1, model="gpt"), None) == []
