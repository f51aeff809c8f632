"""What a cost is, how it is named, and what one list changes against another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pricing.rules.costs import CostChange, CostKey, CostLine, Redated, compare, faults, kept

SPRING, SUMMER = date(2027, 3, 1), date(2027, 6, 1)
INPUT = CostLine("openai", "gpt-4.1", "input", Decimal("0.000002"), "USD")
OUTPUT = replace(INPUT, component="output", cost=Decimal("0.000008"))


def by_key(*lines: CostLine) -> dict[CostKey, CostLine]:
    return {line.key: line for line in lines}


class TestKept:
    @pytest.mark.parametrize(
        ("spelled", "figure"),
        [
            ("1.5e-07", "0.00000015"),
            ("0", "0"),
            ("2.0751953125E-9", "0.0000000020751953125"),
            ("0.0002833333333333333", "0.0002833333333333333"),
            ("5.0000000000000004E-8", "0.00000005"),
            ("9.499999999999999E-7", "0.00000095"),
            ("0.000015000020000000002", "0.00001500002"),
            ("2.384185791015625E-8", "0.00000002384185791016"),
        ],
    )
    def test_is_the_figure_without_the_noise_of_binary_fractions(self, spelled: str, figure: str) -> None:
        assert kept(Decimal(spelled)) == Decimal(figure)

    @pytest.mark.parametrize(
        ("spelled", "why"),
        [
            ("-0.1", "is negative."),
            ("NaN", "is not a number"),
            ("Infinity", "is not a number"),
            ("1e18", "is not a number of at most 18 digits"),
            ("1.26e-19", "needs more than 20 decimals"),
            ("1e-40", "needs more than 20 decimals"),
        ],
    )
    def test_refuses_what_is_no_cost(self, spelled: str, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            kept(Decimal(spelled))


class TestKey:
    @pytest.mark.parametrize(
        ("key", "code", "title"),
        [
            (CostKey("m", "input"), "input", "m input"),
            (CostKey("m", "input", "batch"), "input:batch", "m input (batch)"),
            (CostKey("m", "input", "", 200_000), "input>200000", "m input (above 200,000)"),
            (
                CostKey("m", "input", "off_peak", 200_000),
                "input:off_peak>200000",
                "m input (off peak, above 200,000)",
            ),
        ],
    )
    def test_is_named_for_programs_and_for_people(self, key: CostKey, code: str, title: str) -> None:
        assert (key.code, key.title) == (code, title)


class TestFaults:
    def test_are_none_of_a_good_line(self) -> None:
        assert faults(replace(INPUT, tier="batch", above=200_000)) == []

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("model", ""),
            ("model", " gpt"),
            ("model", "gpt\n4"),
            ("model", "m" * 257),
            ("provider", ""),
            ("provider", "p" * 129),
            ("component", ""),
            ("component", "Input"),
            ("component", "input:batch"),
            ("tier", "Batch"),
            ("above", -1),
            ("above", 10**18),
            ("currency", "usd"),
            ("cost", Decimal(-1)),
            ("cost", Decimal("NaN")),
        ],
    )
    def test_name_the_field(self, field: str, value: object) -> None:
        line = replace(INPUT, **{field: value})  # type: ignore[arg-type]

        assert [fault.field for fault in faults(line)] == [field]


class TestCompare:
    def test_of_the_same_list_finds_nothing(self) -> None:
        assert compare(by_key(INPUT, OUTPUT), [OUTPUT, INPUT]).are_none

    def test_tells_what_is_new_changed_and_gone(self) -> None:
        dearer = replace(INPUT, cost=Decimal("0.0000025"))
        batch = replace(INPUT, tier="batch", cost=Decimal("0.000001"))

        found = compare(by_key(INPUT, OUTPUT), [dearer, batch])

        assert found.changed == (CostChange(INPUT, dearer),)
        assert found.changed[0].share == Decimal("0.25")
        assert found.new == (CostChange(None, batch),)
        assert found.gone == (CostChange(OUTPUT, None),)
        assert [each.share for each in (*found.new, *found.gone)] == [None, None]
        assert not found.are_none

    def test_leaves_what_a_part_of_a_list_does_not_name(self) -> None:
        assert compare(by_key(INPUT, OUTPUT), [INPUT], is_partial=True).are_none

    def test_tells_a_new_day_of_withdrawal_once_a_model(self) -> None:
        lines = [replace(each, deprecated_on=SUMMER) for each in (INPUT, OUTPUT)]

        found = compare(by_key(replace(INPUT, deprecated_on=SPRING), OUTPUT), lines)

        assert found.redated == (Redated("gpt-4.1", None, SUMMER),)
        assert [change.new for change in found.restated] == lines
        assert not found.changed

    def test_compares_no_shares_across_currencies(self) -> None:
        found = compare(by_key(INPUT), [replace(INPUT, currency="EUR")])

        assert [change.share for change in found.changed] == [None]
