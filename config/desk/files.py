"""Files that pages give away: CSV, sent as it is read, and workbooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from django.http.response import FileResponse, StreamingHttpResponse

from config.kernel.csv_lines import written
from config.kernel.neutral import neutral

MOMENT_WIDTH = 20
"""The least width of a workbook's column, in letters: a narrower one shows a moment as ####."""


def csv_file(name: str, lines: Iterable[str]) -> StreamingHttpResponse:
    """Lines of CSV to be kept under a name, without its ending."""
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


@dataclass(frozen=True)
class Sheet:
    """A table of a workbook. name: at most 31 letters."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def workbook(sheets: Iterable[Sheet], name: str) -> FileResponse:
    """Written row by row to a file of its own, which is sent piece by piece. Heads stay in sight."""
    from openpyxl import Workbook  # 18 MB of libraries that a process needs for workbooks alone
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        for place, head in enumerate(sheet.columns, 1):
            page.column_dimensions[get_column_letter(place)].width = max(len(head) + 2, MOMENT_WIDTH)
        page.append([neutral(each) for each in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(each) for each in row])
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    book.save(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


def _cell(value: Any) -> Any:
    """As a workbook keeps it: numbers as numbers, moments in UTC, for they know no zones; the rest as CSV has it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    is_kept = isinstance(value, Decimal | int | date) and not isinstance(value, bool)
    return value if is_kept else written(value) or None
