"""A week as a map: a row a weekday, a column an hour, the darker the more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from config.desk.charts import SMALL, WIDE, Tick, brief

SHADES = 8
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24


@dataclass(frozen=True)
class Cell:
    """shade: 0 of nothing, to SHADES."""

    x: float
    y: float
    width: float
    height: float
    shade: int
    title: str


@dataclass(frozen=True)
class Heat:
    """A map in a box of `width` by `height`."""

    width: int
    height: int
    cells: tuple[Cell, ...]
    rows: tuple[Tick, ...]
    below: tuple[Tick, ...]


@dataclass(frozen=True)
class HeatSizes:
    """One map drawn twice: for a desk and for a telephone. table: a row a weekday, an amount an hour."""

    wide: Heat
    small: Heat
    table: tuple[tuple[str, tuple[Decimal, ...]], ...]
    most: Decimal

    @property
    def is_empty(self) -> bool:
        return self.most <= 0


def week(amounts: Mapping[tuple[int, int], Decimal]) -> HeatSizes:
    """amounts: by weekday, of which 0 is Monday, and hour of the day; what is missing is nothing."""
    most = max(amounts.values(), default=Decimal(0))
    table = tuple(
        (name, tuple(amounts.get((day, hour), Decimal(0)) for hour in range(HOURS)))
        for day, name in enumerate(WEEKDAYS)
    )
    return HeatSizes(_drawn(amounts, most, WIDE, 28, 3), _drawn(amounts, most, SMALL, 22, 6), table, most)


def _drawn(
    amounts: Mapping[tuple[int, int], Decimal], most: Decimal, width: int, row: int, labelled: int
) -> Heat:
    column = width / HOURS
    gap = 3 if width == WIDE else 1.5
    cells = tuple(
        Cell(
            hour * column, day * row, column - gap, row - gap, _shade(amount, most), _said(day, hour, amount)
        )
        for day in range(len(WEEKDAYS))
        for hour in range(HOURS)
        for amount in (amounts.get((day, hour), Decimal(0)),)
    )
    rows = tuple(Tick(day * row + row / 2, name[:3]) for day, name in enumerate(WEEKDAYS))
    below = tuple(Tick(hour * column, f"{hour:02d}") for hour in range(0, HOURS, labelled))
    return Heat(width, row * len(WEEKDAYS), cells, rows, below)


def _shade(amount: Decimal, most: Decimal) -> int:
    return 0 if amount <= 0 or most <= 0 else max(1, int(-(-(amount * SHADES) // most)))


def _said(day: int, hour: int, amount: Decimal) -> str:
    return f"{WEEKDAYS[day]} {hour:02d}:00 to {(hour + 1) % HOURS:02d}:00: {brief(amount)}"
