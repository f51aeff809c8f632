"""Files that pages give away: CSV, sent as it is read, and workbooks."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.http.response import FileResponse, StreamingHttpResponse
from openpyxl import Workbook

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


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook. name: at most 31 letters."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def workbook(sheets: Iterable[Sheet], name: str) -> FileResponse:
    """Written row by row to a file of its own, which is sent piece by piece."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.append([neutral(each) for each in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(each) for each in row])
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


class _Echo:
    """Gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _cell(value: Any) -> Any:
    """As a workbook keeps it: numbers as numbers, moments in UTC, for they know no zones."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return value if isinstance(value, Decimal | int | date) else _written(value) or None


def _written(cell: Any) -> str:
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
