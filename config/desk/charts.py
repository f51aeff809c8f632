"""Charts as plain SVG coordinates: the same on paper, in the dark and without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from config.kernel.amounts import with_minus

SERIES_SHOWN = 6
WIDE, SMALL = 1000, 340
SMALL_HEIGHT = 190
MARKS_APART = 12
LETTER_WIDE, LABELS_APART = 7, 12
MARGIN_RIGHT = 12
_ROUND = ("1", "1.2", "1.6", "2", "2.4", "3", "4", "5", "6", "8", "10")


@dataclass(frozen=True)
class Bar:
    """A piece of a column. `series` picks its colour."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True)
class Tick:
    """A line across the chart, or a word below it."""

    at: float
    label: str


@dataclass(frozen=True)
class Columns:
    """A chart of stacked columns in a box of `width` by `height`."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    legend: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.bars


@dataclass(frozen=True)
class Sizes:
    """One chart drawn twice: for a desk and for a telephone."""

    wide: Columns | Line
    small: Columns | Line

    @property
    def is_empty(self) -> bool:
        return self.wide.is_empty


@dataclass(frozen=True)
class Event:
    """Something that happened: its place from 0 to 1, and whether it added."""

    at: float
    is_gain: bool
    title: str


@dataclass(frozen=True)
class Mark(Event):
    """Events in one place, told in `title` a line each. at: across the drawing, in its units."""


@dataclass(frozen=True)
class Line:
    """A stepped line and the area under it, in a box of `width` by `height`; gains and losses are marked.

    levels: amounts at which something happens, where they are within the box.
    """

    width: int
    height: int
    line: str
    area: str
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    zero: float
    marks: tuple[Mark, ...] = ()
    levels: tuple[Tick, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.line

    @property
    def has_gains(self) -> bool:
        return any(mark.is_gain for mark in self.marks)

    @property
    def has_losses(self) -> bool:
        return any(not mark.is_gain for mark in self.marks)


def columns(
    labels: Sequence[str], series: Sequence[tuple[str, Sequence[Decimal]]], *, height: int = 200
) -> Sizes:
    """Stack `series` (name, one amount a label) over `labels`; what is beyond six series becomes the last one."""
    return Sizes(
        _columns(labels, series, width=WIDE, height=height, labels_shown=14),
        _columns(labels, series, width=SMALL, height=SMALL_HEIGHT, labels_shown=4),
    )


def stepped(
    points: Sequence[tuple[float, Decimal]],
    labels: Sequence[str],
    events: Sequence[Event] = (),
    *,
    levels: Sequence[tuple[Decimal, str]] = (),
    height: int = 220,
) -> Sizes:
    """Draw amounts that hold until the next one. points: place from 0 to 1, amount. labels: spread below.

    levels: an amount each, and what happens there.
    """
    wide = _stepped(points, labels, levels, width=WIDE, height=height)
    small = _stepped(points, labels[::2], levels, width=SMALL, height=SMALL_HEIGHT)
    return Sizes(replace(wide, marks=_marks(events, WIDE)), replace(small, marks=_marks(events, SMALL)))


def _marks(events: Sequence[Event], width: int) -> tuple[Mark, ...]:
    """Gains and losses apart, each as one mark where they would touch."""
    found: list[Mark] = []
    for event in sorted(events, key=lambda each: (each.is_gain, each.at)):
        at, last = event.at * width, found[-1] if found else None
        if last and last.is_gain == event.is_gain and at - last.at < MARKS_APART:
            found[-1] = replace(last, title=f"{last.title}\n{event.title}")
        else:
            found.append(Mark(at, event.is_gain, event.title))
    return tuple(found)


def _columns(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Decimal]]],
    *,
    width: int,
    height: int,
    labels_shown: int,
) -> Columns:
    shown = _folded(series)
    totals = [sum((amounts[place] for _, amounts in shown), Decimal(0)) for place in range(len(labels))]
    top = nice_ceiling(max(totals, default=Decimal(0)))
    if not top:
        return Columns(width, height, (), (), (), ())
    step = width / len(labels)
    thick = min(step * 0.72, 44)
    bars = []
    for place, label in enumerate(labels):
        base = Decimal(0)
        for index, (name, amounts) in enumerate(shown):
            amount = amounts[place]
            if not amount:
                continue
            y0, y1 = _y(base, top, height), _y(base + amount, top, height)
            said = f"{label}: {name} {amount:,.2f}"
            bars.append(Bar(place * step + (step - thick) / 2, y1, thick, max(y0 - y1, 0.6), index, said))
            base += amount
    longest = max(map(len, labels)) * LETTER_WIDE
    moved = max(longest // 2 - MARGIN_RIGHT, 0)
    fit = width // (longest + LABELS_APART + moved)
    every = max(1, -(-len(labels) // max(min(labels_shown, fit), 1)))
    below = tuple(
        Tick(_within(place * step + step / 2, label, width), label)
        for place, label in enumerate(labels)
        if (len(labels) - 1 - place) % every == 0
    )
    across = _across(top, height, are_whole=all(total == int(total) for total in totals))
    return Columns(width, height, tuple(bars), across, below, tuple(name for name, _ in shown))


def _within(at: float, label: str, width: int) -> float:
    """Where the middle of a label stands: below its column, or as near to it as the drawing's right edge allows."""
    return min(at, width + MARGIN_RIGHT - len(label) * LETTER_WIDE / 2)


def _stepped(
    points: Sequence[tuple[float, Decimal]],
    labels: Sequence[str],
    levels: Sequence[tuple[Decimal, str]],
    *,
    width: int,
    height: int,
) -> Line:
    if not points:
        return Line(width, height, "", "", (), (), height)
    top = nice_ceiling(max(amount for _, amount in points)) or Decimal(1)
    low = -nice_ceiling(-min(amount for _, amount in points))
    span = top - low

    def y(amount: Decimal) -> float:
        return float((top - amount) / span) * height

    path = [f"M{points[0][0] * width:.1f},{y(points[0][1]):.1f}"]
    for place, amount in points[1:]:
        path.append(f"H{place * width:.1f}V{y(amount):.1f}")
    path.append(f"H{width}")
    line = "".join(path)
    zero = y(Decimal(0))
    area = f"{line}V{zero:.1f}H{points[0][0] * width:.1f}Z"
    marks = [top, top / 2 if not low else Decimal(0), low]
    across = tuple(Tick(y(mark), brief(mark)) for mark in dict.fromkeys(marks))
    gap = width / max(len(labels) - 1, 1)
    below = tuple(Tick(gap * n, text) for n, text in enumerate(labels))
    drawn = tuple(Tick(y(amount), says) for amount, says in levels if low <= amount <= top)
    return Line(width, height, line, area, across, below, zero, levels=drawn)


def sparkline(amounts: Sequence[Decimal], *, width: int = 120, height: int = 32) -> str:
    """The points of a small line, as SVG's polyline wants them; empty where there is nothing to show."""
    top = max(amounts, default=Decimal(0))
    if not top:
        return ""
    gap = width / max(len(amounts) - 1, 1)
    return " ".join(
        f"{place * gap:.1f},{(1 - float(amount / top)) * (height - 4) + 2:.1f}"
        for place, amount in enumerate(amounts)
    )


def nice_ceiling(amount: Decimal) -> Decimal:
    """The least round number that is not below `amount`; 0 of nothing."""
    if amount <= 0:
        return Decimal(0)
    power = Decimal(1).scaleb(amount.adjusted())
    return next(power * step for step in map(Decimal, _ROUND) if power * step >= amount)


def brief(amount: Decimal) -> str:
    """An amount short enough for an axis or a card: 1.2 k, 3.4 M."""
    for name, size in (("B", 10**9), ("M", 10**6), ("k", 10**3)):
        if abs(amount) >= size * (10 if name == "k" else 1):
            return f"{_trimmed(amount / size, 1)} {name}"
    return _trimmed(amount, 2)


def _trimmed(amount: Decimal, places: int) -> str:
    text = with_minus(f"{amount:,.{places}f}")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _y(amount: Decimal, top: Decimal, height: int) -> float:
    return float(1 - amount / top) * height


def _across(top: Decimal, height: int, *, are_whole: bool = False) -> tuple[Tick, ...]:
    """Bottom, middle and top. are_whole: nothing is told in halves, so no line is drawn at one."""
    marks = [top * part / 2 for part in range(3)]
    return tuple(Tick(_y(mark, top, height), brief(mark)) for mark in marks if not are_whole or mark % 1 == 0)


def _folded(series: Sequence[tuple[str, Sequence[Decimal]]]) -> list[tuple[str, Sequence[Decimal]]]:
    ranked = sorted(series, key=lambda one: -sum(one[1], Decimal(0)))
    if len(ranked) <= SERIES_SHOWN:
        return ranked
    kept, rest = ranked[: SERIES_SHOWN - 1], ranked[SERIES_SHOWN - 1 :]
    others = [sum(column, Decimal(0)) for column in zip(*(amounts for _, amounts in rest), strict=True)]
    return [*kept, ("others", others)]
