"""Rows that one usage could match with equal right.

Two rows of the same feature or pattern with the same number of dimensions tie where no dimension they share
differs, unless a row with the dimensions of both exists: that one then takes what matches both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from pricing.rules.rows import RateRow, row_title

TIES_SHOWN = 20

_Names = tuple[str, ...]
_Values = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """Two rows, by their place in the sequence, and what a row that decides between them would match."""

    first: int
    second: int
    feature: str
    dimensions: Mapping[str, str]
    is_same: bool

    @property
    def detail(self) -> str:
        title = row_title(self.feature, self.dimensions)
        if self.is_same:
            return f"Two rows price {title}."
        return f"Two rows match {title} with equal right; a row for {title} would decide."


def ties(rows: Sequence[RateRow]) -> list[Tie]:
    """Find the first ties of the rows, at most `TIES_SHOWN`; none is an unambiguous price list."""
    return list(islice(_all_ties(rows), TIES_SHOWN))


def _all_ties(rows: Sequence[RateRow]) -> Iterator[Tie]:
    places: dict[tuple[str, frozenset[tuple[str, str]]], int] = {}
    features: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        first = places.setdefault(row.key, place)
        if first != place:
            yield Tie(first, place, row.feature, dict(row.dimensions), is_same=True)
        else:
            features[row.feature].append(place)
    for feature, members in features.items():
        if len(members) > 1:
            yield from _ties_of_feature(feature, members, rows, places.keys())


def _ties_of_feature(
    feature: str,
    members: Iterable[int],
    rows: Sequence[RateRow],
    present: Iterable[tuple[str, frozenset[tuple[str, str]]]],
) -> Iterator[Tie]:
    by_names: dict[_Names, list[int]] = defaultdict(list)
    for place in members:
        by_names[tuple(sorted(rows[place].dimensions))].append(place)
    for left, right in combinations(by_names, 2):
        if len(left) != len(right):
            continue
        for first, second in _agreeing(by_names[left], by_names[right], left, right, rows):
            both = {**rows[first].dimensions, **rows[second].dimensions}
            if (feature, frozenset(both.items())) not in present:
                yield Tie(min(first, second), max(first, second), feature, both, is_same=False)


def _agreeing(
    lefts: Sequence[int], rights: Sequence[int], left: _Names, right: _Names, rows: Sequence[RateRow]
) -> Iterator[tuple[int, int]]:
    """Pairs of rows whose shared dimensions have the same values."""
    shared = [name for name in left if name in right]
    by_values: dict[_Values, list[int]] = defaultdict(list)
    for place in rights:
        by_values[tuple(rows[place].dimensions[name] for name in shared)].append(place)
    for place in lefts:
        for other in by_values.get(tuple(rows[place].dimensions[name] for name in shared), ()):
            yield place, other
