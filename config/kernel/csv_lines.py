"""Rows as lines of CSV, one by one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from config.kernel.neutral import neutral


def as_csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A head and rows as lines: amounts in all their digits, texts so that no spreadsheet runs them."""
    yield csv_line(columns)
    for row in rows:
        yield csv_line(written(cell) for cell in row)


def csv_line(cells: Iterable[str]) -> str:
    """Cells as they stand, with the end of the line that CSV has by RFC 4180."""
    text: str = csv.writer(_Echo()).writerow(cells)
    return text


def written(cell: Any) -> str:
    """What a cell says: nothing for None, yes or no, an instant by ISO 8601, JSON, a text that nothing runs."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int():
            return str(cell)
        case Decimal():
            return format(cell, "f")
        case datetime():
            return cell.isoformat()
        case dict() | list():
            return neutral(orjson.dumps(cell).decode())
        case _:
            return neutral(str(cell))


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text
