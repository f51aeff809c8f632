"""The grid of a draft: rates to cells and cells back to rates, by the reader that reads rate files."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from itertools import islice

from billing.rules.margins import Margin, Worth, margin
from config.kernel.amounts import plain
from config.kernel.errors import DomainError
from config.kernel.neutral import neutral
from pricing.rules import ratecsv, seats
from pricing.rules.costs import CostLine, unit_cost
from pricing.rules.rows import DIMENSION_NAME, RateRow
from pricing.rules.tiers import told

ROWS_IN_GRID = 500
EXTRA = ("tier_mode", "tiers", "formula", "seats")
CELLS = (
    *("feature", "dimensions", "tokens", "per"),
    *EXTRA,
    *("minimum", "rounding", "cost", "cost_currency"),
)
KEPT = ("product", "name", "unit")
_INPUT = re.compile(r"rate-(\d{1,6})-(\w+)")
_TIER = re.compile(r"(?:beyond\s+)?(\S+?)\s*:\s*(\S+)(?:\s+per\s+(\S+))?", re.IGNORECASE)
_PLACE = re.compile(r"/rates/(\d+)/(\w+)")


@dataclass
class GridRow:
    """One line of the grid as text.

    old: what the version in force says, where that differs. is_new: it says nothing. is_gone: it alone says this.
    used: units that it priced in the last thirty days, where anybody asked. margin: None where the row can't be read.
    known: what its model costs now; counts where the row says no cost.
    """

    place: int
    cells: dict[str, str]
    old: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    is_new: bool = False
    is_gone: bool = False
    margin: Margin | None = None
    used: str = ""
    known: CostLine | None = None


def fits(rows: Sequence[RateRow]) -> bool:
    """Whether a grid can carry these rates; else they are read by the page and changed by a file."""
    return len(rows) <= ROWS_IN_GRID and not any(
        "," in value for row in rows for value in row.dimensions.values()
    )


def shown(rows: Sequence[RateRow], live: Sequence[RateRow]) -> list[GridRow]:
    """Rates as grid rows, each beside what the live version says of the same feature and dimensions."""
    return _compared([GridRow(place, _cells(row)) for place, row in enumerate(rows)], live)


def sent(data: Mapping[str, str], live: Sequence[RateRow]) -> list[GridRow]:
    """The rows of a posted form, in the order of the page; lines without feature, price and formula are left out."""
    found: dict[int, dict[str, str]] = {}
    for name, text in data.items():
        if match := _INPUT.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = text.strip()
    filled = [
        cells for _, cells in sorted(found.items()) if any(map(cells.get, ("feature", "tokens", "formula")))
    ]
    blank = dict.fromkeys((*CELLS, *KEPT), "")
    return _compared([GridRow(place, {**blank, **cells}) for place, cells in enumerate(filled)], live)


def has_extra(grid: Sequence[GridRow]) -> bool:
    """Whether any row has tiers or a formula, so that their columns are shown from the start."""
    return any(
        line[name]
        for row in grid
        for line in (row.cells, row.errors, row.old)
        for name in EXTRA
        if name in line
    )


def rates_of(grid: Sequence[GridRow]) -> list[RateRow] | None:
    """The rates that the grid spells; None where it has errors, which then stand beside their cells."""
    if not kept(grid):
        return []
    for row in kept(grid):
        unnamed = _unnamed(row.cells["dimensions"])
        if unnamed:
            row.errors["dimensions"] = f"{unnamed[0]!r} is no dimension: write name=value, as in model=small."
    text, rows = _as_csv(kept(grid))
    file = ratecsv.parse(text)
    for error in file.errors:
        row = rows[min(max(error.line - 2, 0), len(rows) - 1)]
        row.errors[_column(error.column)] = error.detail
    return None if any(row.errors for row in grid) else list(file.rows)


def faults(grid: Sequence[GridRow]) -> str:
    """Which cells can't be read, for a sentence: the first of them by name, and how many there are beside it."""
    found = [(place, row, cell) for place, row in enumerate(grid, 1) for cell in row.errors]
    place, row, cell = found[0]
    feature = f" of {row.cells['feature']}" if row.cells["feature"] else ""
    others = f", and {len(found) - 1:,} more" if len(found) > 1 else ""
    return f"{cell.replace('_', ' ')}{feature} in row {place:,}{others}"


def _column(name: str) -> str:
    """The cell that shows what is wrong with a column of the file."""
    if name.startswith("dimension"):
        return "dimensions"
    if name in seats.FIELDS:
        return "seats"
    return "tiers" if name == "tier_from" else name if name in CELLS else "feature"


def weigh(grid: Sequence[GridRow], rows: Sequence[RateRow], worth: Worth) -> None:
    """Put the margin of each rate into its row, whose model's cost is known by now."""
    for line, row in zip(kept(grid), rows, strict=True):
        line.margin = margin(row, worth, unit_cost(row, line.known))


def named(cells: Mapping[str, str]) -> RateRow:
    """The feature and dimensions that the cells of a row name, at no price, whatever the other cells say."""
    return RateRow(cells["feature"], Decimal(0), dimensions=_dimensions(cells["dimensions"]))


def named_in(data: Mapping[str, str]) -> dict[int, RateRow]:
    """The rows that a posted form names, by their places on the page; no more than a grid carries."""
    found: dict[int, dict[str, str]] = {}
    for name, text in data.items():
        if match := _INPUT.fullmatch(name):
            found.setdefault(int(match[1]), {"feature": "", "dimensions": ""})[match[2]] = text.strip()
    return {place: named(cells) for place, cells in islice(found.items(), ROWS_IN_GRID)}


def marked(grid: Sequence[GridRow], refusal: DomainError) -> None:
    """Put the fields that a service refused beside their cells."""
    for fault in refusal.errors:
        match = _PLACE.match(fault.pointer)
        if match and int(match[1]) < len(grid):
            grid[int(match[1])].errors[_column(match[2])] = fault.detail


def _cells(row: RateRow) -> dict[str, str]:
    return {
        "feature": row.feature,
        "dimensions": ", ".join(f"{name}={value}" for name, value in sorted(row.dimensions.items())),
        "tokens": "" if row.formula else plain(row.tokens),
        "per": "" if row.formula else plain(row.per),
        "tier_mode": row.tier_mode,
        "tiers": told(row.tiers),
        "formula": row.formula,
        "minimum": plain(row.minimum) if row.minimum else "",
        "rounding": row.rounding,
        "cost": "" if row.cost is None else plain(row.cost),
        "cost_currency": row.cost_currency,
        "seats": seats.told(row.seat_terms),
        "product": row.product if row.is_pattern else "",
        "name": row.name if row.is_pattern else "",
        "unit": row.unit if row.is_pattern else "",
    }


def _compared(grid: list[GridRow], live: Sequence[RateRow]) -> list[GridRow]:
    before = {(cells["feature"], cells["dimensions"]): cells for cells in map(_cells, live)}
    said = set()
    for row in grid:
        named = ", ".join(sorted(part.strip() for part in row.cells["dimensions"].split(",") if part.strip()))
        former = before.get((row.cells["feature"], named))
        if former is None:
            row.is_new = bool(live)
        else:
            row.old = {name: former[name] for name in CELLS[2:] if former[name] != row.cells[name]}
        said.add((row.cells["feature"], named))
    unsaid = [cells for key, cells in before.items() if key not in said]
    gone = [GridRow(len(grid) + n, cells, is_gone=True) for n, cells in enumerate(unsaid)]
    return [*grid, *gone]


def kept(grid: Sequence[GridRow]) -> list[GridRow]:
    """The rows that the draft says, without those that it leaves out."""
    return [row for row in grid if not row.is_gone]


def _as_csv(grid: Sequence[GridRow]) -> tuple[str, list[GridRow]]:
    """The grid as a rate file, a line a tier, and beside each line the row that it is of."""
    spelled = [_dimensions(row.cells["dimensions"]) for row in grid]
    names = sorted({name for dimensions in spelled for name in dimensions})
    columns = [column for column in (*KEPT, *CELLS) if column not in ("dimensions", "tiers", "seats")]
    out, rows = StringIO(), []
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*columns, "tier_from", *seats.FIELDS, *(f"dimension.{name}" for name in names)])
    for row, dimensions in zip(grid, spelled, strict=True):
        is_pattern = row.cells["feature"].endswith("*")
        cells = {
            column: "" if column in KEPT and not is_pattern else _one_line(row.cells[column])
            for column in columns
        }
        for tier in ({"tier_from": ""}, *_tiers(row.cells["tiers"])):
            line = cells | tier | _seats(row.cells["seats"])
            carried = (dimensions.get(name, "") for name in names)
            said = map(line.__getitem__, (*columns, "tier_from", *seats.FIELDS))
            writer.writerow(map(neutral, [*said, *carried]))
            rows.append(row)
    return out.getvalue(), rows


def _tiers(text: str) -> list[dict[str, str]]:
    """`beyond 100: 2; beyond 1000: 15 per 10` as cells of a line each; the reader refuses what can't be read."""
    found = []
    for part in filter(None, (part.strip() for part in _one_line(text).split(";"))):
        match = _TIER.fullmatch(part)
        begins, tokens, per = match.groups(default="1") if match else (part, "0", "1")
        found.append({"tier_from": begins, "tokens": tokens, "per": per})
    return found


def _seats(text: str) -> dict[str, str]:
    """`interval=PT1H, refund_unused=prorata` by field; what names none becomes an interval that the reader refuses."""
    found = dict.fromkeys(seats.FIELDS, "")
    for part in filter(None, (part.strip() for part in _one_line(text).split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        found[name if name in found and value else "interval"] = value if name in found and value else part
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _dimensions(text: str) -> dict[str, str]:
    """`model=small, region=eu` by name, without the parts that name none."""
    unnamed = _unnamed(text)
    said = (part.partition("=") for part in _parts(text) if part not in unnamed)
    return {name.strip(): value.strip() for name, _, value in said}


def _unnamed(text: str) -> list[str]:
    """The parts that are not `name=value`."""
    told = ((part, *part.partition("=")) for part in _parts(text))
    return [
        part
        for part, name, _, value in told
        if not (DIMENSION_NAME.fullmatch(name.strip()) and value.strip())
    ]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _one_line(text).split(",") if part.strip()]
