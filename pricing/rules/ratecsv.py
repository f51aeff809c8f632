"""Rates as a file: CSV text to rows and back, exact, with errors by line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from config.kernel.amounts import MONEY_PLACES, QUANTITY_PLACES, TOKEN_PLACES, exact, plain
from config.kernel.neutral import neutral, original
from pricing.rules.rows import DIMENSION_NAME, RateRow, faults
from pricing.rules.seats import FIELDS as SEATS
from pricing.rules.tierrows import TierRow, joined
from pricing.rules.tiers import Tier
from pricing.rules.ties import ties

LEADING = ("product", "feature", "name", "unit")
AMOUNTS = ("tokens", "per")
TIERS = ("tier_from", "tier_mode")
TRAILING = ("minimum", "rounding", "cost", "cost_currency")
COLUMNS = (*LEADING, *AMOUNTS, *TIERS, "formula", *TRAILING, *SEATS)
REQUIRED = ("feature", "tokens")
PLACES = {
    "tokens": MONEY_PLACES,
    "per": QUANTITY_PLACES,
    "tier_from": QUANTITY_PLACES,
    "minimum": TOKEN_PLACES,
    "cost": MONEY_PLACES,
}
DIMENSION = "dimension."
ROWS_AT_MOST = 100_000
TEXT_AT_MOST = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with one line of the file; the header is line 1."""

    line: int
    column: str
    detail: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        return f"{place}: {self.detail}"


@dataclass(frozen=True, slots=True)
class RateFile:
    """The rows of a file and, beside each, the line it came from. With errors no row may be used."""

    rows: tuple[RateRow, ...]
    lines: tuple[int, ...]
    errors: tuple[LineError, ...]


def parse(text: str) -> RateFile:
    """Read a rate file. All that is wrong with it is named, line by line."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    records = _records(reader)
    line, header = next(records, (1, []))
    if isinstance(header, LineError):
        return RateFile((), (), (header,))
    columns = [name.strip() for name in header]
    errors = [LineError(line, "", detail) for detail in _header_faults(columns)]
    if errors:
        return RateFile((), (), tuple(errors))
    parts = []
    for line, record in records:
        row = record if isinstance(record, LineError) else _row(line, columns, record)
        if isinstance(row, TierRow):
            parts.append(row)
        else:
            errors.extend([row] if isinstance(row, LineError) else row)
    errors.extend(_labelled_twice(parts))
    rows, lines, faulty = joined(parts)
    errors.extend(LineError(*fault) for fault in faulty)
    errors.extend(_priced_twice(rows, lines))
    if not parts and not errors:
        errors.append(LineError(line, "", "The file has no rates."))
    return RateFile(tuple(rows), tuple(lines), tuple(sorted(errors, key=lambda error: error.line)))


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | LineError]]:
    """Every record with the line it starts on, empty lines left out; a broken one ends the file."""
    line = 1
    for _ in range(ROWS_AT_MOST + 1):
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, LineError(line, "", f"This is not CSV: {error}.")
            return
        if any(cell.strip() for cell in record):
            yield line, [original(cell.strip()) for cell in record]
        line = reader.line_num + 1  # type: ignore[attr-defined]
    yield line, LineError(line, "", f"A file has at most {ROWS_AT_MOST} lines.")


def _header_faults(columns: Sequence[str]) -> Iterator[str]:
    for name in REQUIRED:
        if name not in columns:
            yield f"The column {name} is missing."
    for place, name in enumerate(columns):
        if name in columns[:place]:
            yield f"The column {name} is there twice."
        if name.startswith(DIMENSION):
            if not DIMENSION_NAME.fullmatch(name.removeprefix(DIMENSION)):
                yield f"{name!r} does not name a dimension."
        elif name not in COLUMNS:
            yield f"There is no column {name!r}."


def _row(line: int, columns: Sequence[str], record: Sequence[str]) -> TierRow | list[LineError]:
    if len(record) != len(columns):
        return [LineError(line, "", f"There are {len(record)} cells under {len(columns)} columns.")]
    cells = {name: cell.strip() for name, cell in zip(columns, record, strict=True)}
    errors = []
    if not cells["tokens"] and not cells.get("formula"):
        errors.append(LineError(line, "tokens", "A rate needs a price."))
    amounts = {}
    for name, places in PLACES.items():
        try:
            amounts[name] = exact(cells[name], places=places) if cells.get(name) else None
        except ValueError as refusal:
            errors.append(LineError(line, name, str(refusal)))
    if errors:
        return errors
    row = _rate_row(cells, amounts)
    found = [LineError(line, fault.field, fault.detail) for fault in faults(row)]
    return found or TierRow(line, row, amounts["tier_from"])


def _rate_row(cells: Mapping[str, str], amounts: Mapping[str, Decimal | None]) -> RateRow:
    per, minimum = amounts["per"], amounts["minimum"]
    return RateRow(
        feature=cells["feature"],
        tokens=amounts["tokens"] or Decimal(0),
        per=Decimal(1) if per is None else per,
        dimensions={
            name.removeprefix(DIMENSION): cell
            for name, cell in cells.items()
            if name.startswith(DIMENSION) and cell
        },
        minimum=minimum or Decimal(0),
        rounding=cells.get("rounding") or "half_up",
        tier_mode=cells.get("tier_mode", ""),
        formula=cells.get("formula", ""),
        cost=amounts["cost"],
        cost_currency=cells.get("cost_currency", ""),
        interval=cells.get("interval", ""),
        heartbeat=cells.get("heartbeat", ""),
        refund_unused=cells.get("refund_unused", ""),
        once_per_user=cells.get("once_per_user", ""),
        product=cells.get("product", ""),
        name=cells.get("name", ""),
        unit=cells.get("unit", ""),
    )


def _priced_twice(rows: Sequence[RateRow], lines: Sequence[int]) -> Iterator[LineError]:
    for tie in ties(rows):
        if tie.is_same:
            other = f"{tie.detail[:-1]}; the other is on line {lines[tie.first]}."
            yield LineError(lines[tie.second], "feature", other)


def _labelled_twice(parts: Sequence[TierRow]) -> Iterator[LineError]:
    """One feature under two labels."""
    told: dict[tuple[str, str], tuple[str, int]] = {}
    for part in parts:
        row, line = part.row, part.line
        if row.is_pattern:
            continue
        for column, text in (("product", row.product), ("name", row.name), ("unit", row.unit)):
            former, at = told.setdefault((row.feature, column), (text, line)) if text else (text, line)
            if former != text:
                yield LineError(line, column, f"{row.feature} has {text!r} here and {former!r} on line {at}.")


def render(rows: Sequence[RateRow]) -> str:
    """Write rows as a file that `parse` reads back to the same rows, amounts without superfluous digits.

    Tiers are lines of their own; columns for them, for formulas and for seats are there where a row has them.
    """
    names = sorted({name for row in rows for name in row.dimensions})
    extra = [*(TIERS if any(row.tier_mode for row in rows) else ())]
    extra += ["formula"] if any(row.formula for row in rows) else []
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    seats = SEATS if any(any(row.seat_terms.values()) for row in rows) else ()
    trail = (*extra, *TRAILING, *seats)
    writer.writerow([*LEADING, *AMOUNTS, *(f"{DIMENSION}{name}" for name in names), *trail])
    for row in rows:
        dimensions = [row.dimensions.get(name, "") for name in names]
        for tier in row.all_tiers or (Tier(Decimal(0), row.tokens, row.per),):
            cells = _cells(row, tier)
            leading = [cells[name] for name in (*LEADING, *AMOUNTS)]
            trailing = [cells[name] for name in trail]
            writer.writerow(map(neutral, [*leading, *dimensions, *trailing]))
    return out.getvalue()


def _cells(row: RateRow, tier: Tier) -> dict[str, str]:
    return {
        "product": row.product,
        "feature": row.feature,
        "name": row.name,
        "unit": row.unit,
        "tokens": "" if row.formula else plain(tier.tokens),
        "per": "" if row.formula else plain(tier.per),
        "tier_from": plain(tier.tier_from) if row.tier_mode else "",
        "tier_mode": row.tier_mode,
        "formula": row.formula,
        "minimum": plain(row.minimum) if row.minimum else "",
        "rounding": row.rounding,
        "cost": "" if row.cost is None else plain(row.cost),
        "cost_currency": row.cost_currency,
        **row.seat_terms,
    }
