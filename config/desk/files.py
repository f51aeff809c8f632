"""Files that pages give away: CSV, sent as it is read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http.response import StreamingHttpResponse

from config.kernel.neutral import neutral


def csv_file(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Lines of CSV to be kept under a name, without its ending."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A head and rows as lines: amounts in all their digits, texts so that no spreadsheet runs them."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_written(cell) for cell in row])


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _written(cell: Any) -> str:
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return str(cell) if isinstance(cell, int) else neutral(str(cell))
