"""Which row prices a usage: exact feature, else the longest pattern; then the most dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Generic, TypeVar

Found = TypeVar("Found")

_Names = tuple[str, ...]
_ByNames = dict[_Names, dict[tuple[str, ...], Found]]


class RateIndex(Generic[Found]):
    """Rows found by feature and dimensions, in a time that does not grow with their number."""

    __slots__ = ("_exact", "_lengths", "_prefixes")

    def __init__(self, rows: Iterable[tuple[str, Mapping[str, str], Found]]) -> None:
        grouped: dict[str, _ByNames[Found]] = {}
        for feature, dimensions, found in rows:
            names = tuple(sorted(dimensions))
            values = tuple(dimensions[name] for name in names)
            grouped.setdefault(feature, {}).setdefault(names, {})[values] = found
        sealed = {feature: _Dimensions(by_names) for feature, by_names in grouped.items()}
        self._exact = {feature: rows for feature, rows in sealed.items() if not feature.endswith("*")}
        self._prefixes = {feature[:-1]: rows for feature, rows in sealed.items() if feature.endswith("*")}
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)

    def best(self, feature: str, dimensions: Mapping[str, str]) -> Found | None:
        """Answer the row that prices this usage, or None where no row matches.

        A pattern may be asked about itself: `chat.*` is priced as the features are that no other row names.
        """
        for candidates in self._candidates(feature):
            found = candidates.best(dimensions)
            if found is not None:
                return found
        return None

    def prices(self, feature: str) -> bool:
        """Whether any row, whatever its dimensions, can match the feature."""
        return next(self._candidates(feature), None) is not None

    def _candidates(self, feature: str) -> Iterator[_Dimensions[Found]]:
        exact = self._exact.get(feature)
        if exact is not None:
            yield exact
        for length in self._lengths:
            if length <= len(feature):
                pattern = self._prefixes.get(feature[:length])
                if pattern is not None:
                    yield pattern


class _Dimensions(Generic[Found]):
    """The rows of one feature or pattern, by the names of their dimensions, most names first."""

    __slots__ = ("_by_names", "_widest")

    def __init__(self, by_names: _ByNames[Found]) -> None:
        self._by_names = dict(sorted(by_names.items(), key=lambda item: -len(item[0])))
        self._widest = max(map(len, by_names))

    def best(self, dimensions: Mapping[str, str]) -> Found | None:
        for names in self._name_sets(dimensions):
            rows = self._by_names[names]
            found = rows.get(tuple([dimensions[name] for name in names]))
            if found is not None:
                return found
        return None

    def _name_sets(self, dimensions: Mapping[str, str]) -> Iterator[_Names]:
        """Sets of names the usage carries and rows use, widest first, by whichever walk is shorter."""
        if len(self._by_names) <= 2 ** min(len(dimensions), self._widest):
            for names in self._by_names:
                if all(name in dimensions for name in names):
                    yield names
            return
        carried = sorted(dimensions)
        for width in range(min(len(carried), self._widest), -1, -1):
            for names in combinations(carried, width):
                if names in self._by_names:
                    yield names
