"""What a process knows of one rate table: its published versions, their rates, and when each holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pricing.rules.compiled import CompiledRate
from pricing.rules.matching import RateIndex


@dataclass(frozen=True, slots=True)
class FeatureCard:
    """What charging must know of a feature. Name and unit are as they were when the card was first read."""

    id: int
    code: str
    product_id: int
    product_code: str
    unit: str
    name: str


@dataclass(frozen=True, slots=True)
class VersionRates:
    rates: tuple[CompiledRate, ...]
    index: RateIndex[CompiledRate]


@dataclass(frozen=True, slots=True)
class VersionBook:
    """One published version and the usage it prices: from `holds_from` until before `holds_until`."""

    version_id: int
    number: int
    holds_from: datetime
    holds_until: datetime | None
    _read: Callable[[], VersionRates] = field(repr=False, compare=False)

    def rate_for(self, feature: str, dimensions: Mapping[str, str]) -> CompiledRate | None:
        """Answer the one row that prices this usage, or None where no row matches."""
        return self._read().index.best(feature, dimensions)

    def rates(self) -> Sequence[CompiledRate]:
        """All rows, in the order they were written."""
        return self._read().rates


@dataclass(frozen=True, slots=True)
class TableBook:
    """The published versions of a rate table as they stood at one epoch."""

    table_id: int
    code: str
    token: str
    epoch: int
    versions: tuple[VersionBook, ...]

    def at(self, moment: datetime) -> VersionBook | None:
        """Answer the version that prices usage of this instant, or None."""
        place = bisect_right(self.versions, moment, key=lambda version: version.holds_from)
        if place == 0:
            return None
        version = self.versions[place - 1]
        if version.holds_until is not None and version.holds_until <= moment:
            return None
        return version


def kept_for(table: TableBook, version_id: int) -> VersionBook | None:
    """A published version of the table for whoever stays on it, whatever is in force; None where the book is older."""
    found = next((each for each in table.versions if each.version_id == version_id), None)
    return found and replace(found, holds_from=datetime.min.replace(tzinfo=UTC), holds_until=None)
