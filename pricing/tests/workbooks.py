"""Workbooks for tests: written and read by openpyxl, and some that no honest program writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook, load_workbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(*rows: Sequence[Any], others: Mapping[str, Sequence[Sequence[Any]]] | None = None) -> bytes:
    """A workbook with the rows on its first sheet. others: the rows of further sheets by their titles."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    for title, further in (others or {}).items():
        extra = book.create_sheet(title)
        for row in further:
            extra.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes) -> list[list[Any]]:
    """The values of the first sheet, as another hand reads them."""
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def kinds(content: bytes) -> list[list[str]]:
    """The kinds of the cells of the first sheet: `s` text, `n` number or empty, `f` formula."""
    sheet = load_workbook(BytesIO(content)).worksheets[0]
    return [[cell.data_type for cell in row] for row in sheet.iter_rows()]


def with_parts(parts: Mapping[str, bytes | Iterable[bytes] | None], *, of: bytes = b"") -> bytes:
    """A workbook with these parts in place of its own; None leaves one out."""
    out = BytesIO()
    base = BytesIO(of or workbook(["feature", "tokens"], ["chat", 1]))
    with ZipFile(base) as source, ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name in {**dict.fromkeys(source.namelist()), **parts}:
            part = parts[name] if name in parts else source.read(name)
            if part is None:
                continue
            with archive.open(name, "w") as stream:
                for piece in (part,) if isinstance(part, bytes) else part:
                    stream.write(piece)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def with_sheet(cells: bytes | Iterable[bytes], *, before: bytes = b"") -> bytes:
    """A workbook whose sheet holds this XML between `<sheetData>` and its end."""
    pieces = (cells,) if isinstance(cells, bytes) else cells
    begin = before + f'<worksheet xmlns="{MAIN}"><sheetData>'.encode()
    return with_parts({SHEET: [begin, *pieces, b"</sheetData></worksheet>"]})
