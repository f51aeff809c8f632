"""Lines beside each other on one scale, with what changed marked where it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from config.desk.charts import SMALL, SMALL_HEIGHT, WIDE, Event, Tick, nice_ceiling

Points = Sequence[tuple[float, Decimal | None]]


@dataclass(frozen=True)
class Curve:
    """A line of a series. `series` picks its colour; dots: points that have no neighbour to be joined to."""

    series: int
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Curves:
    """Lines in a box of `width` by `height`."""

    width: int
    height: int
    lines: tuple[Curve, ...]
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    marks: tuple[Event, ...]


@dataclass(frozen=True)
class CurveSizes:
    """The same lines drawn twice: for a desk and for a telephone."""

    wide: Curves
    small: Curves
    legend: tuple[str, ...]
    is_empty: bool


def curves(
    series: Sequence[tuple[str, Points]], labels: Sequence[str], events: Sequence[Event] = ()
) -> CurveSizes:
    """series: name, and points: place from 0 to 1, amount; None leaves a gap. labels: spread below, first to last."""
    amounts = [amount for _, points in series for _, amount in points if amount is not None]
    top = nice_ceiling(max(amounts, default=Decimal(0))) or Decimal(1)
    wide = _drawn(series, labels, events, top, WIDE, 220)
    small = _drawn(series, labels[:: max(len(labels) - 1, 1)], events, top, SMALL, SMALL_HEIGHT)
    return CurveSizes(wide, small, tuple(name for name, _ in series), not amounts)


def _drawn(
    series: Sequence[tuple[str, Points]],
    labels: Sequence[str],
    events: Sequence[Event],
    top: Decimal,
    width: int,
    height: int,
) -> Curves:
    lines = tuple(_curve(nth, points, top, width, height) for nth, (_, points) in enumerate(series))
    across = tuple(Tick((1 - part / 2) * height, _scaled(top * part / 2)) for part in range(3))
    gap = width / max(len(labels) - 1, 1)
    below = tuple(Tick(gap * n, text) for n, text in enumerate(labels))
    marks = tuple(Event(each.at * width, each.is_gain, each.title) for each in events)
    return Curves(width, height, lines, across, below, marks)


def _curve(nth: int, points: Points, top: Decimal, width: int, height: int) -> Curve:
    path, dots, run = [], [], []
    for at, amount in [*points, (0.0, None)]:
        if amount is not None:
            run.append((at * width, float(1 - amount / top) * height))
            continue
        if len(run) == 1:
            dots += run
        path += [f"{'L' if n else 'M'}{x:.1f},{y:.1f}" for n, (x, y) in enumerate(run) if len(run) > 1]
        run = []
    return Curve(nth, "".join(path), tuple(dots))


def _scaled(amount: Decimal) -> str:
    """An amount for an axis, with as many decimals as small ones need."""
    if not amount:
        return "0"
    places = max(0, 2 - amount.adjusted())
    text = f"{amount:,.{min(places, 8)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
