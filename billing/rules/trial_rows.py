"""A file of trials to issue: its form, and what is wrong with a line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from config.kernel.errors import FieldError, InvalidRequest

COLUMNS = ("account", "offer", "opportunity", "domain", "reason")
NEEDED = ("account", "offer", "reason")
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class TrialRow:
    """line: of the file, whose first is the heading. offer: by its name."""

    line: int
    account: str
    offer: str
    opportunity: str
    domain: str
    reason: str


def rows_of(text: str) -> tuple[list[TrialRow], list[FieldError]]:
    """The rows of a CSV file that can be read, and what is wrong with the others. Commas or semicolons part its cells.

    Raises InvalidRequest where the file is none of trials.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first and "," not in first else ","
    reader = csv.DictReader(StringIO(text, newline=""), strict=True, delimiter=delimiter)
    try:
        heading = [name.strip() for name in reader.fieldnames or ()]
        unknown = [name for name in heading if name not in COLUMNS]
        missing = [name for name in NEEDED if name not in heading]
        if unknown or missing or len(set(heading)) < len(heading):
            raise InvalidRequest.at(
                "/1", f"The columns are {', '.join(COLUMNS)}; opportunity and domain may be absent."
            )
        reader.fieldnames = heading
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InvalidRequest.at(f"/{reader.reader.line_num}", f"This is no CSV: {error}.") from error
    if not 1 <= len(rows) <= MOST_ROWS:
        raise InvalidRequest.at("/", f"A file has 1 to {MOST_ROWS} trials.")
    judged = [(line, row, list(_faults(line, row))) for line, row in rows]
    read = [_row(line, row) for line, row, faults in judged if not faults]
    return read, [fault for _, _, faults in judged for fault in faults]


def _row(line: int, row: dict[str | None, object]) -> TrialRow:
    return TrialRow(line, *(str(row.get(name) or "").strip() for name in COLUMNS))


def _faults(line: int, row: dict[str | None, object]) -> Iterator[FieldError]:
    if None in row or None in row.values():
        yield FieldError(f"/{line}", "The line has not as many cells as the heading.")
        return
    for name in NEEDED:
        if not str(row[name]).strip():
            yield FieldError(f"/{line}", f"{name.capitalize()} is missing.")
