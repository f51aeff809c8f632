"""The words of a PDF, page by page, read back through the tables of letters that its fonts carry."""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]{4,8})>\n")
_WORDS = re.compile(rb"/F(\d+) [0-9.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj|(q) BT|(ET) Q", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def pages_of(file: bytes) -> list[str]:
    """Each page's words, in the order in which they stand there."""
    streams = _STREAM.findall(file)
    fonts = [dict(_LETTER.findall(each)) for each in streams if b"begincmap" in each]
    # A last byte that is a line's end is taken for that of `endstream`: what is missing then is of the checksum.
    drawn = [zlib.decompressobj().decompress(each) for each in streams if each[:1] == b"x"]
    return [_told(each, fonts) for each in drawn if b" Tj" in each]


def glyphs_of(file: bytes) -> list[str]:
    """The letter that each glyph stands for, of every font."""
    maps = [_LETTER.findall(each) for each in _STREAM.findall(file) if b"begincmap" in each]
    return [bytes.fromhex(letter.decode()).decode("utf-16-be") for each in maps for _, letter in each]


def letters(file: bytes) -> str:
    return " ".join(pages_of(file))


def _told(page: bytes, fonts: list[dict[bytes, bytes]]) -> str:
    found, font, outer = [], fonts[0], fonts[0]
    for number, words, begins, ends in _WORDS.findall(page):
        if number:
            font = fonts[int(number) - 1]
        elif begins:
            outer = font
        elif ends:
            font = outer
        else:
            raw = _ESCAPED.sub(lambda each: {b"r": b"\r", b"n": b"\n"}.get(each[1], each[1]), words)
            codes = (b"%02X%02X" % (raw[at], raw[at + 1]) for at in range(0, len(raw), 2))
            found.append("".join(bytes.fromhex(font[code].decode()).decode("utf-16-be") for code in codes))
    return " ".join(found)
