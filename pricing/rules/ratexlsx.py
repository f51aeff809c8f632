"""Rates as a workbook: the lines of a rate file as rows of its first sheet, exact.

Text stands in text cells. An amount stands in a number cell where it has no more digits than a spreadsheet keeps
exactly, else in a text cell.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.cell import Cell as Written
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from config.kernel.amounts import plain
from pricing.rules import sheets
from pricing.rules.ratecsv import PLACES, ROWS_AT_MOST, TEXT_AT_MOST, LineError
from pricing.rules.sheetparts import Cell

DIGITS_KEPT = 15
ERRORS_AT_MOST = 1_000
HEADER = Font(bold=True)
AS_TEXT = "@"
COLUMN_WIDTH = 18

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
# Where a spreadsheet would read a text as the code of a character.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with one cell. cell: its name, as in `B7`. column: of rates; empty where there is none."""

    line: int
    cell: str
    column: str
    detail: str

    def __str__(self) -> str:
        place = f"{self.cell}, {self.column}" if self.column else self.cell
        return f"{place}: {self.detail}"


def to_csv(content: bytes) -> tuple[str, list[LineError | CellError]]:
    """The workbook as the text of a rate file, each row on the line of its number, and what is wrong with it.

    Ends early where the text is longer than `TEXT_AT_MOST` or more is wrong than `ERRORS_AT_MOST`.

    Raises NotAWorkbook.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns: dict[int, str] = {}
    errors: list[LineError | CellError] = []
    line = 1
    for cells in sheets.rows(content):
        row = cells[0].row
        if row > ROWS_AT_MOST:
            return "", [LineError(row, "", f"A file has at most {ROWS_AT_MOST} lines.")]
        if out.tell() > TEXT_AT_MOST or len(errors) > ERRORS_AT_MOST:
            break
        columns = columns or {cell.column: cell.text.strip() for cell in cells}
        out.write("\n" * (row - line))
        writer.writerow(_record(cells, columns, errors))
        line = row + 1
    return out.getvalue(), errors


def _record(
    cells: Sequence[Cell], columns: Mapping[int, str], errors: list[LineError | CellError]
) -> list[str]:
    """The row under its columns; what is wrong with its cells is added to `errors`."""
    record = [""] * max(columns)
    for cell in cells:
        column = columns.get(cell.column)
        try:
            text = _text(cell, column)
        except ValueError as fault:
            errors.append(CellError(cell.row, cell.name, column or "", str(fault)))
        else:
            record[cell.column - 1] = text
    return record


def _text(cell: Cell, column: str | None) -> str:
    """What the cell says. Raises ValueError with a sentence."""
    if column is None:
        raise ValueError("No name of a column stands above this cell.")
    if cell.kind == "text":
        if "\n" in cell.text or "\r" in cell.text:
            raise ValueError("The text is of several lines.")
        return cell.text
    if cell.kind == "number":
        if column not in PLACES:
            raise ValueError("This is a number in a column of text; let the cell be text, and type it again.")
        return _amount(cell.text)
    raise ValueError(KINDS[cell.kind])


KINDS = {
    "date": "This is a date.",
    "truth": "This is a truth value.",
    "formula": "This is a formula; its value has to stand in its place.",
    "error": "This is an error.",
}


def _amount(text: str) -> str:
    """A number as the spreadsheet shows it: the shortest that its program stores alike."""
    if not _NUMBER.fullmatch(text):
        raise ValueError("This is not a number.")
    number = Decimal(repr(float(text)))
    if not number.is_finite() or len(number.normalize().as_tuple().digits) > DIGITS_KEPT:
        raise ValueError(f"A spreadsheet keeps {DIGITS_KEPT} digits; round the number, or write it as text.")
    return plain(number)


def from_csv(text: str) -> bytes:
    """The lines of a rate file as a workbook that `to_csv` reads back."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rates")
    sheet.freeze_panes = "A2"
    sheet.sheet_format.defaultColWidth = COLUMN_WIDTH
    records = csv.reader(StringIO(text, newline=""))
    columns = next(records)
    sheet.append([_text_cell(sheet, name, HEADER) for name in columns])
    for record in records:
        sheet.append(
            [_cell(sheet, name, cell) if cell else None for name, cell in zip(columns, record, strict=True)]
        )
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: WriteOnlyWorksheet, column: str, text: str) -> Written:
    if column not in PLACES or not _is_kept(text):
        return _text_cell(sheet, text)
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "n"
    return cell


def _text_cell(sheet: WriteOnlyWorksheet, text: str, font: Font | None = None) -> Written:
    cell = WriteOnlyCell(sheet, value=_ESCAPE.sub("_x005F_", text))
    cell.data_type = "s"
    cell.number_format = AS_TEXT
    if font is not None:
        cell.font = font
    return cell


def _is_kept(text: str) -> bool:
    """Whether a spreadsheet keeps every digit of the amount."""
    try:
        return _amount(text) == text
    except ValueError:
        return False
