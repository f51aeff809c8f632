"""Tokens used day by day, told apart by what they were used on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WEEK_DAYS = 7
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class DailyBurn:
    """series: of each product or feature, by its name, the tokens of each of the days."""

    days: Sequence[date]
    series: Sequence[tuple[str, Sequence[Decimal]]]

    @property
    def rows(self) -> Sequence[tuple[date, Sequence[Decimal]]]:
        """Each day with its tokens, in the order of the series."""
        return [(day, [amounts[n] for _, amounts in self.series]) for n, day in enumerate(self.days)]

    def on(self, place: int) -> Decimal:
        """Tokens of a day, by its place."""
        return sum((amounts[place] for _, amounts in self.series), NOTHING)

    @property
    def last(self) -> Decimal:
        """Tokens of the last day."""
        return self.on(-1)

    @property
    def weeks(self) -> Sequence[tuple[str, Decimal]]:
        """Tokens of the seven days before the last, of each."""
        return [(name, sum(amounts[-1 - WEEK_DAYS : -1], NOTHING)) for name, amounts in self.series]

    @property
    def week(self) -> Decimal:
        """Tokens of the seven days before the last."""
        return sum((tokens for _, tokens in self.weeks), NOTHING)

    @property
    def a_day(self) -> Decimal:
        """The mean of the seven days before the last."""
        return self.week / WEEK_DAYS
