"""Rate files as people send them: CSV or a workbook, told apart by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.kernel.errors import FieldError
from pricing.errors import ImportRefused
from pricing.rules.ratecsv import TEXT_AT_MOST, LineError, RateFile, parse

if TYPE_CHECKING:
    from pricing.rules.ratexlsx import CellError

LARGEST_FILE_BYTES = TEXT_AT_MOST
TOO_LARGE = f"A file has at most {LARGEST_FILE_BYTES // 1024 // 1024} MiB of text."
ERRORS_SHOWN = 100

_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"


def text_of(content: bytes) -> str:
    """The file as CSV; of a workbook, the first sheet that is not hidden.

    Raises ImportRefused.
    """
    if len(content) > LARGEST_FILE_BYTES:
        raise ImportRefused(TOO_LARGE)
    if content.startswith(_OLD_WORKBOOK):
        raise ImportRefused("This is an old workbook or one with a password; save it as .xlsx without one.")
    if content.startswith(_WORKBOOK):
        return _text_of_workbook(content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise ImportRefused(f"The file is neither a workbook nor UTF-8, at byte {fault.start}.") from fault


def _text_of_workbook(content: bytes) -> str:
    from pricing.rules.ratexlsx import to_csv  # 18 MB of libraries that a process needs for workbooks alone
    from pricing.rules.sheetparts import NotAWorkbook

    try:
        text, errors = to_csv(content)
    except NotAWorkbook as fault:
        raise ImportRefused(str(fault)) from fault
    if errors:
        raise refusal(errors)
    if len(text.encode()) > LARGEST_FILE_BYTES:
        raise ImportRefused(TOO_LARGE)
    return text


def rates_of(text: str) -> RateFile:
    """The rates of a file's text.

    Raises ImportRefused.
    """
    file = parse(text)
    if file.errors:
        raise refusal(file.errors)
    return file


def refusal(errors: Sequence[LineError | CellError]) -> ImportRefused:
    """All that is wrong with a file, as far as it is shown."""
    shown = [FieldError(f"/lines/{error.line}/{error.column}".rstrip("/"), str(error)) for error in errors]
    count = "an error" if len(shown) == 1 else f"{len(shown)} errors"
    return ImportRefused(f"The file has {count}; nothing was imported.", errors=shown[:ERRORS_SHOWN])
