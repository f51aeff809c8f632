from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.rules.rows import RateRow
from pricing.rules.ties import TIES_SHOWN, ties
from pricing.tests.prices import row

SMALL_EU = row("chat", model="small", region="eu")


class TestTies:
    @pytest.mark.parametrize(
        ("rows", "is_tied"),
        [
            ([row("chat"), row("chat", model="small")], False),
            ([row("chat", model="small"), row("chat", model="large")], False),
            ([row("chat", model="small"), row("chat", region="eu")], True),
            ([row("chat", model="small"), row("chat", region="eu"), SMALL_EU], False),
            (
                [
                    row("chat", model="small"),
                    row("chat", region="eu"),
                    row("chat.*", model="small", region="eu"),
                ],
                True,
            ),
            ([row("chat", model="small"), row("cha*", region="eu")], False),
            ([row("cha*", model="small"), row("cha*", region="eu")], True),
            ([row("ch*", model="small"), row("cha*", region="eu")], False),
            ([row("chat", a="1", b="1"), row("chat", b="1", c="1")], True),
            ([row("chat", a="1", b="1"), row("chat", b="2", c="1")], False),
            ([row("chat", a="1", b="1"), row("chat", b="1", c="1"), row("chat", a="1", b="1", c="1")], False),
            ([row("chat", a="1", b="1"), row("chat", c="1", d="1"), row("chat", a="1", b="1", c="1")], True),
            ([row("chat", model="small"), row("chat", model="Small")], False),
            ([row("chat"), row("chat", 2)], True),
            ([row("chat", model="small"), row("chat", 2, model="small")], True),
            ([row("chat"), row("search")], False),
        ],
    )
    def test_holds_the_truth_table(self, rows: list[RateRow], is_tied: bool) -> None:
        assert bool(ties(rows)) is is_tied
        assert bool(ties(rows[::-1])) is is_tied

    def test_needs_a_row_for_every_pair_of_three(self) -> None:
        single = [row("chat", a="1"), row("chat", b="1"), row("chat", c="1")]
        pairs = [row("chat", a="1", b="1"), row("chat", a="1", c="1"), row("chat", b="1", c="1")]
        triple = row("chat", a="1", b="1", c="1")

        assert len(ties([*single, *pairs])) == 3
        assert ties([*single, *pairs, triple]) == []

    def test_names_both_rows_and_the_one_that_would_decide(self) -> None:
        (tie,) = ties([row("chat"), row("chat", model="small"), row("chat", region="eu")])

        assert (tie.first, tie.second) == (1, 2)
        assert tie.dimensions == {"model": "small", "region": "eu"}
        assert "chat (model=small, region=eu)" in tie.detail

    @given(
        st.lists(
            st.dictionaries(st.sampled_from("xyz"), st.sampled_from("01"), max_size=3),
            max_size=8,
            unique_by=lambda each: tuple(sorted(each.items())),
        )
    )
    def test_agrees_with_comparing_every_pair(self, dimensions: list[dict[str, str]]) -> None:
        def undecided(left: dict[str, str], right: dict[str, str]) -> bool:
            agree = all(right.get(name, value) == value for name, value in left.items())
            return len(left) == len(right) and agree and {**left, **right} not in dimensions

        pairs = [
            (first, second)
            for first in range(len(dimensions))
            for second in range(first + 1, len(dimensions))
            if undecided(dimensions[first], dimensions[second])
        ]

        found = ties([row("chat", 1, **each) for each in dimensions])

        assert sorted((tie.first, tie.second) for tie in found) == pairs[:TIES_SHOWN]

    def test_reads_a_long_list_in_little_time_and_names_the_first_ties(self) -> None:
        models = [row("chat", 1, model=str(number)) for number in range(8_000)]
        regions = [row("chat", 1, region=str(number)) for number in range(8_000)]

        started = time.perf_counter()
        found = ties([*models, *regions])

        assert len(found) == TIES_SHOWN
        assert time.perf_counter() - started < 10
