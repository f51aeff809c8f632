from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.rules.matching import RateIndex
from pricing.rules.rows import RateRow
from pricing.tests.prices import row, seconds_of


def best(rows: list[RateRow], feature: str, **dimensions: str) -> RateRow | None:
    return RateIndex((each.feature, each.dimensions, each) for each in rows).best(feature, dimensions)


class TestBest:
    def test_takes_the_exact_feature_before_any_pattern(self) -> None:
        exact, pattern = row("chat.input"), row("chat.*", model="small")

        assert best([pattern, exact], "chat.input", model="small") == exact

    def test_takes_the_longest_pattern_whatever_its_dimensions(self) -> None:
        long, short, everything = row("chat.in*"), row("chat.*", model="small"), row("*", model="small")

        assert best([everything, short, long], "chat.input", model="small") == long
        assert best([everything, short, long], "chat.output", model="small") == short
        assert best([everything, short, long], "search", model="small") == everything

    def test_takes_the_row_that_matches_most_dimensions(self) -> None:
        rows = [row("chat"), row("chat", model="small"), row("chat", model="small", region="eu")]

        assert best(rows, "chat") == rows[0]
        assert best(rows, "chat", model="small") == rows[1]
        assert best(rows, "chat", region="eu", model="small", tier="gold") == rows[2]

    def test_falls_back_to_a_pattern_where_no_exact_row_has_these_dimensions(self) -> None:
        exact, pattern = row("chat", model="small"), row("ch*")

        assert best([exact, pattern], "chat", model="large") == pattern

    def test_compares_values_as_they_are_written(self) -> None:
        rows = [row("chat", model="Small"), row("chat", model="1.0")]

        assert best(rows, "chat", model="small") is None
        assert best(rows, "chat", model="1") is None

    def test_matches_a_pattern_by_prefix_and_the_bare_prefix_too(self) -> None:
        pattern = row("chat.*")

        assert best([pattern], "chat.") == pattern
        assert best([pattern], "chat") is None
        assert best([pattern], "Chat.input") is None

    def test_finds_nothing_in_an_empty_list(self) -> None:
        assert best([], "chat") is None

    @given(
        rows=st.lists(
            st.tuples(
                st.sampled_from(["a", "ab", "abc", "a*", "ab*", "*"]),
                st.dictionaries(st.sampled_from("xyz"), st.sampled_from("01"), max_size=3),
            ),
            max_size=30,
            unique_by=lambda each: (each[0], tuple(sorted(each[1].items()))),
        ),
        feature=st.sampled_from(["a", "ab", "abc", "b"]),
        dimensions=st.dictionaries(st.sampled_from("wxyz"), st.sampled_from("01"), max_size=4),
    )
    def test_agrees_with_reading_every_row(
        self, rows: list[tuple[str, dict[str, str]]], feature: str, dimensions: dict[str, str]
    ) -> None:
        def rank(pattern: str, asked: dict[str, str]) -> tuple[bool, int, int] | None:
            matches = feature == pattern or (pattern[-1] == "*" and feature.startswith(pattern[:-1]))
            if not matches or not asked.items() <= dimensions.items():
                return None
            return (pattern[-1] != "*", len(pattern), len(asked))

        ranks = [rank(*each) for each in rows]

        found = RateIndex((pattern, asked, place) for place, (pattern, asked) in enumerate(rows)).best(
            feature, dimensions
        )

        highest = max((each for each in ranks if each is not None), default=None)
        assert (None if found is None else ranks[found]) == highest

    @pytest.mark.parametrize("models", [1_000, 16_000])
    def test_takes_microseconds_however_many_rows(self, models: int) -> None:
        rows = [row("chat.input", 1, model=f"m{number}", region="eu") for number in range(models)]
        index = RateIndex((each.feature, each.dimensions, each) for each in [*rows, row("chat.*")])
        usage = {"model": f"m{models - 1}", "region": "eu", "user": "u"}

        assert index.best("chat.input", usage) == rows[-1]
        assert seconds_of(lambda: index.best("chat.input", usage)) < 0.0001

    def test_is_not_slowed_down_by_many_sets_of_dimensions(self) -> None:
        rows = [row("chat", 1, **{f"d{number}": "x"}) for number in range(5_000)]
        index = RateIndex((each.feature, each.dimensions, each) for each in rows)

        usage = {"d4999": "x", "a": "b"}

        assert index.best("chat", usage) == rows[4_999]
        assert seconds_of(lambda: index.best("chat", usage)) < 0.0001


class TestPrices:
    def test_tells_whether_a_feature_has_any_row(self) -> None:
        index = RateIndex([("chat", {"model": "small"}, 1), ("search.*", {}, 2)])

        assert index.prices("chat")
        assert index.prices("search.web")
        assert not index.prices("search")
