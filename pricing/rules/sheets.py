"""The first sheet of an XLSX workbook, row by row.

Read as a stream by the standard library's XML parser, so that no file, whatever it claims or repeats, takes more
memory than one row of it and the texts that its cells share. (openpyxl, which writes our workbooks, makes a tree of
each row: from a file of 80 kB it can grow one of 5 GB.)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from io import BytesIO
from struct import error as StructError
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile
from zlib import error as DeflateError

from pricing.rules.sheetparts import (
    Attributes,
    Cell,
    DateStyles,
    Elements,
    Listener,
    NotAWorkbook,
    Sheet,
    Strings,
    refuse,
)

LARGEST_SHEET_BYTES = 64 * 1024 * 1024
LARGEST_PART_BYTES = 2 * 1024 * 1024
PARTS_AT_MOST = 1_000
ELEMENTS_AT_MOST = 4_000_000
DEPTH_AT_MOST = 64
PIECE = 1024 * 1024

# What the standard library raises at archives and XML that are broken, cut off or encrypted.
DAMAGES = (
    BadZipFile,
    DeflateError,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    StructError,
    ValueError,
    expat.ExpatError,
)

Related = dict[str, tuple[str, str]]
"""What a part leads to, by id: the last word of its kind, and its path."""


def rows(content: bytes) -> Iterator[list[Cell]]:
    """The cells of each row of the first sheet that is not hidden; neither cells nor rows that are empty.

    Raises NotAWorkbook.
    """
    try:
        with ZipFile(BytesIO(content)) as archive:
            if len(archive.namelist()) > PARTS_AT_MOST:
                refuse("holds too many parts")
            sheet, others = _parts(archive)
            reader = _reader(archive, others)
            for _ in _pieces(archive, sheet, reader, LARGEST_SHEET_BYTES):
                yield from reader.taken()
    except NotAWorkbook:
        raise
    except DAMAGES as fault:
        raise NotAWorkbook("The workbook is damaged or has a password.") from fault


def _parts(archive: ZipFile) -> tuple[str, dict[str, str]]:
    """The path of the first sheet that is not hidden, and of the workbook's other parts by their kinds."""
    workbook = next((path for kind, path in _related(archive, "").values() if kind == "officeDocument"), "")
    related = _related(archive, workbook)
    for name, attributes in _elements(archive, workbook):
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            kind, path = related.get(attributes.get("id", ""), ("", ""))
            if kind == "worksheet":
                return path, dict(related.values())
    return refuse("has no sheet")


def _reader(archive: ZipFile, others: dict[str, str]) -> Sheet:
    strings, dates = Strings(), DateStyles()
    if "sharedStrings" in others:
        _read(archive, others["sharedStrings"], strings, LARGEST_SHEET_BYTES)
    if "styles" in others:
        _read(archive, others["styles"], dates, LARGEST_PART_BYTES)
    return Sheet(strings.found, dates.found)


def _related(archive: ZipFile, part: str) -> Related:
    folder, name = posixpath.split(part)
    found = {}
    for tag, each in _elements(archive, posixpath.join(folder, "_rels", f"{name}.rels")):
        if tag == "Relationship":
            path = posixpath.normpath(posixpath.join("/", folder, each.get("Target", "")))
            found[each.get("Id", "")] = (each.get("Type", "").rpartition("/")[2], path.lstrip("/"))
    return found


def _elements(archive: ZipFile, part: str) -> list[tuple[str, Attributes]]:
    elements = Elements()
    _read(archive, part, elements, LARGEST_PART_BYTES)
    return elements.found


def _read(archive: ZipFile, part: str, listener: Listener, limit: int) -> None:
    for _ in _pieces(archive, part, listener, limit):
        pass


def _pieces(archive: ZipFile, part: str, listener: Listener, limit: int) -> Iterator[None]:
    """Let the listener hear a part of at most `limit` bytes, with a pause after each piece of it."""
    try:
        information = archive.getinfo(part)
    except KeyError:
        refuse("lacks one of its parts")
    if information.file_size > limit:
        refuse(f"unpacks to more than {limit // 1024 // 1024} MiB")
    if information.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        refuse("is packed in an unusual way")
    parser = _parser(listener)
    with archive.open(information) as stream:
        while piece := stream.read(PIECE):
            parser.Parse(piece, False)
            yield
    parser.Parse(b"", True)
    yield


def _parser(listener: Listener) -> expat.XMLParserType:
    heard, depth = 0, 0

    def start(name: str, attributes: Attributes) -> None:
        nonlocal heard, depth
        heard, depth = heard + 1, depth + 1
        if heard > ELEMENTS_AT_MOST or depth > DEPTH_AT_MOST:
            refuse("holds too many elements")
        listener.start(_local(name), {_local(each): text for each, text in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        listener.end(_local(name))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = listener.text
    parser.StartDoctypeDeclHandler = lambda *_declared: refuse("declares a document type")
    return parser


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
