"""The parts of an XLSX workbook, each heard element by element as its XML is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils import column_index_from_string, get_column_letter

STRINGS_AT_MOST = 1_000_000
COLUMNS_AT_MOST = 16_384
ROWS_OF_A_SHEET = 1_048_576
TEXT_LENGTH = 32_767
GENERAL = "0"

Kind = Literal["text", "number", "date", "truth", "formula", "error"]
Attributes = Mapping[str, str]

_PLACE = re.compile(r"([A-Z]{1,3})[1-9][0-9]{0,6}", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,7}", re.ASCII)
# The ids of dates among the formats that have no code in the file; openpyxl knows the others.
_EAST_ASIAN_DATES = {*range(27, 37), *range(50, 59)}
_KINDS: Mapping[str, Kind] = {
    "s": "text",
    "str": "text",
    "inlineStr": "text",
    "n": "number",
    "b": "truth",
    "d": "date",
    "e": "error",
}


class NotAWorkbook(ValueError):
    """The bytes can't be read as a workbook; says why in a sentence."""


def refuse(detail: str) -> NoReturn:
    raise NotAWorkbook(f"The workbook {detail}.")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds, as the file spells it. row, column: counted from 1."""

    row: int
    column: int
    kind: Kind
    text: str

    @property
    def name(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


class Listener:
    """Hears what a part says. Names come without their namespaces."""

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of text."""


class Elements(Listener):
    """Every element of a small part: its name and its attributes."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Attributes]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        self.found.append((name, attributes))


class DateStyles(Listener):
    """The styles, by their number, that show a number as a date or a time."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._codes: dict[str, str] = {str(each): code for each, code in BUILTIN_FORMATS.items()}
        self._place = -1

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._place = 0
        elif name == "xf" and self._place >= 0:
            if self._shows_dates(attributes.get("numFmtId", GENERAL)):
                self.found.add(str(self._place))
            self._place += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._place = -1

    def _shows_dates(self, number: str) -> bool:
        if number in self._codes:
            return bool(is_date_format(self._codes[number]))
        return number.isdecimal() and int(number) in _EAST_ASIAN_DATES


class Strings(Listener):
    """The texts that cells share, in order; what tells their pronunciation left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._takes = self._is_spoken = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._pieces = []
        self._is_spoken = name == "rPh" or (self._is_spoken and name != "si")
        self._takes = name == "t" and not self._is_spoken

    def end(self, name: str) -> None:
        self._takes = False
        if name == "rPh":
            self._is_spoken = False
        elif name == "si":
            self.found.append(told(self._pieces))
            if len(self.found) > STRINGS_AT_MOST:
                refuse("holds too many texts")

    def text(self, text: str) -> None:
        if self._takes:
            self._pieces.append(text)


class Sheet(Listener):
    """The rows of a sheet, as they end."""

    def __init__(self, strings: Sequence[str], dates: set[str]) -> None:
        self._strings, self._dates = strings, dates
        self._ended: list[list[Cell]] = []
        self._row = self._column = 0
        self._cells: list[Cell] = []
        self._attributes: Attributes = {}
        self._pieces: list[str] = []
        self._takes = self._is_spoken = self._is_formula = False

    def taken(self) -> list[list[Cell]]:
        """The rows that have ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            self._begin_row(attributes)
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "f":
            self._is_formula = True
        self._is_spoken = name == "rPh" or (self._is_spoken and name != "c")
        self._takes = name in ("v", "t") and not self._is_spoken

    def end(self, name: str) -> None:
        self._takes = False
        if name == "rPh":
            self._is_spoken = False
        elif name == "c":
            self._end_cell()
        elif name == "row" and self._cells:
            self._ended.append(self._cells)

    def text(self, text: str) -> None:
        if self._takes:
            self._pieces.append(text)

    def _begin_row(self, attributes: Attributes) -> None:
        row = _whole(attributes.get("r", str(self._row + 1)))
        if not self._row < row <= ROWS_OF_A_SHEET:
            refuse("has rows out of order")
        self._row, self._column, self._cells = row, 0, []

    def _begin_cell(self, attributes: Attributes) -> None:
        place = _PLACE.fullmatch(attributes.get("r", "A1"))
        if place is None:
            refuse("has a cell without a place")
        column = column_index_from_string(place[1]) if "r" in attributes else self._column + 1
        if not self._column < column <= COLUMNS_AT_MOST:
            refuse("has cells out of order")
        self._column, self._attributes = column, attributes
        self._pieces, self._is_formula = [], False

    def _end_cell(self) -> None:
        text = told(self._pieces)
        kind = _KINDS.get(self._attributes.get("t", "n"))
        if kind is None:
            refuse("has a cell of an unknown kind")
        if self._attributes.get("t") == "s" and text:
            place = _whole(text)
            if place >= len(self._strings):
                refuse("has a cell without its text")
            text = self._strings[place]
        if kind == "number" and self._attributes.get("s", GENERAL) in self._dates:
            kind = "date"
        if self._is_formula:
            kind = "formula"
        if self._is_formula or text.strip():
            self._cells.append(Cell(self._row, self._column, kind, text))


def told(pieces: Sequence[str]) -> str:
    """The text of a cell. What spreadsheets write as `_x005F_` is an underscore."""
    text = "".join(pieces)
    if len(text) > TEXT_LENGTH:
        refuse("has a cell of too much text")
    return text.replace("_x005F_", "_")


def _whole(text: str) -> int:
    return int(text) if _WHOLE.fullmatch(text) else refuse("is damaged")
