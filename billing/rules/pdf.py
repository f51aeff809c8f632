"""Paper as PDF, on A4: the heads and the columns' names again on each page, and the number of the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from fpdf import FPDF
from fpdf.fonts import TTFFont

from billing.rules.paper import Fonts, Paper, PaperLine

INK, FAINT, BRAND, RULE, WAITING = (16, 24, 29), (85, 98, 107), (15, 118, 110), (205, 213, 219), (180, 83, 9)
LEFT, RIGHT, TOP, BOTTOM = 20.0, 20.0, 18.0, 22.0
GAP = 5.0
LEAST_WORDS, MOST_FIGURES = 48.0, 42.0
"""Millimetres: of the first column at least, and of another at most."""
OF_FACTS = 78.0


class _Sheet(FPDF):
    """A4 in the colours and sizes of paper. made_at: what the file says of its making, whenever it is asked for."""

    def __init__(self, paper: Paper, made_at: datetime, fonts: Fonts) -> None:
        super().__init__(format="A4")
        self.paper = paper
        self.columns: list[float] = []
        self.add_font("paper", "", fonts.plain)
        self.add_font("paper", "B", fonts.strong)
        for place, (plain, strong) in enumerate(fonts.others):
            self.add_font(f"other{place}", "", plain)
            self.add_font(f"other{place}", "B", strong)
        self.set_fallback_fonts([f"other{place}" for place in range(len(fonts.others))])
        own, *others = (set(font.cmap) for font in self.fonts.values() if isinstance(font, TTFFont))
        self.letters = {10}.union(own, *others)
        if not self.letters.isdisjoint(_letters_of(paper) - own):
            self.set_text_shaping(True)
        self.set_margins(LEFT, TOP, RIGHT)
        self.set_auto_page_break(True, BOTTOM)
        self.set_title(f"{paper.title} {paper.number}".strip())
        self.set_creation_date(made_at)
        self.set_lang("en")
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)

    def header(self) -> None:
        if self.page_no() > 1:
            self.style(8, FAINT)
            self.cell(self.epw / 2, 4, self.cut("".join(self.paper.seller[:1]), self.epw / 2 - GAP))
            self.cell(self.epw / 2, 4, self.known(_called(self.paper)), align="R")
            self.set_y(TOP + 9)
        if self.columns:
            _headings(self)

    def footer(self) -> None:
        self.set_y(-14)
        self.style(8, FAINT)
        self.cell(0, 4, self.known(f"{_called(self.paper)} · page {self.page_no()} of {{nb}}"), align="C")

    def known(self, text: str) -> str:
        """The text in letters that a font has; one that none has is a question mark."""
        told = text.expandtabs(4).replace("\r", "")
        return "".join(letter if ord(letter) in self.letters else "?" for letter in told)

    def cut(self, text: str, width: float) -> str:
        """As much of a text as stands on one line of so many millimetres."""
        told = self.known(text)
        while self.get_string_width(told) > width:
            told = f"{told[:-2].rstrip()}…"
        return told

    def style(self, size: float, colour: tuple[int, int, int] = INK, *, strong: bool = False) -> None:
        self.set_font("paper", "B" if strong else "", size)
        self.set_text_color(*colour)

    def write_at(self, x: float, text: str, width: float, align: str = "L", height: float = 4.6) -> None:
        """Write downwards from where the pen is, within so many millimetres from x on."""
        self.set_x(x)
        self.multi_cell(
            width, height, self.known(text), align=align, new_x="LMARGIN", new_y="NEXT", padding=0
        )

    def height_of(self, text: str, width: float, height: float) -> float:
        lines = self.multi_cell(width, height, self.known(text), align="L", dry_run=True, output="LINES")
        return len(cast("list[str]", lines)) * height

    def rule(self) -> None:
        self.line(LEFT, self.get_y(), self.w - RIGHT, self.get_y())

    @property
    def room(self) -> float:
        return float(self.page_break_trigger - self.get_y())


def pdf_of(paper: Paper, *, made_at: datetime, fonts: Fonts) -> bytes:
    """The paper's pages."""
    sheet = _Sheet(paper, made_at, fonts)
    sheet.c_margin = 0
    sheet.add_page()
    _head(sheet)
    sheet.columns = _widths(sheet)
    _table(sheet)
    sheet.columns = []
    _sums(sheet)
    _parts(sheet)
    return bytes(sheet.output())


def _letters_of(paper: Paper) -> set[int]:
    return set(map(ord, repr(paper)))


def _called(paper: Paper) -> str:
    return f"{paper.title} {paper.number or 'draft'}"


def _head(sheet: _Sheet) -> None:
    """Who writes on the left, what it is on the right; below them to whom, and the facts."""
    paper, half = sheet.paper, sheet.epw / 2
    _someone(sheet, paper.seller, half - GAP, 12)
    below = sheet.get_y()
    sheet.set_y(TOP)
    sheet.style(20, strong=True)
    sheet.write_at(LEFT + half, paper.title, half, "R", 8)
    sheet.style(11, WAITING if paper.is_draft else BRAND, strong=True)
    sheet.write_at(LEFT + half, paper.number or "draft", half, "R", 5.5)
    sheet.set_y(max(below, sheet.get_y()) + 7)
    sheet.rule()
    sheet.ln(7)
    top, page = sheet.get_y(), sheet.page_no()
    _someone(sheet, paper.buyer, sheet.epw - OF_FACTS - GAP, 10)
    below = sheet.get_y()
    if sheet.page_no() == page:
        sheet.set_y(top)
    for label, text in paper.facts:
        _fact(sheet, label, text)
    sheet.set_y(max(below, sheet.get_y()) + 9)
    if paper.note:
        sheet.style(9.5)
        sheet.write_at(LEFT, paper.note, sheet.epw, height=5)
        sheet.ln(5)


def _someone(sheet: _Sheet, lines: Sequence[str], width: float, size: float) -> None:
    for place, line in enumerate(lines):
        sheet.style(9 if place else size, FAINT if place else INK, strong=not place)
        sheet.write_at(LEFT, line, width, height=4.4 if place else size / 2)


def _fact(sheet: _Sheet, label: str, text: str) -> None:
    x, top = sheet.w - RIGHT - OF_FACTS, sheet.get_y()
    sheet.style(9, FAINT)
    sheet.write_at(x, label, 30)
    after = sheet.get_y()
    sheet.set_y(top)
    sheet.style(9)
    sheet.write_at(x + 30, text, OF_FACTS - 30, "R")
    sheet.set_y(max(after, sheet.get_y()) + 0.4)


def _widths(sheet: _Sheet) -> list[float]:
    """Each column of figures as wide as its widest; the words take what is left, and never too little."""
    paper, widths = sheet.paper, []
    for place in range(1, len(paper.headings)):
        sheet.style(8, strong=True)
        widest = sheet.get_string_width(sheet.known(paper.headings[place]))
        sheet.style(9, strong=True)
        for line in paper.lines:
            widest = max(widest, sheet.get_string_width(sheet.known(line.cells[place])))
        widths.append(min(widest + 0.5, MOST_FIGURES))
    most = sheet.epw - LEAST_WORDS - GAP * len(widths)
    share = min(1.0, most / sum(widths)) if widths else 1.0
    widths = [width * share for width in widths]
    return [sheet.epw - sum(widths) - GAP * len(widths), *widths]


def _cells(sheet: _Sheet, texts: Sequence[str], height: float) -> None:
    """A text a column from the same height on; the pen goes below the longest."""
    top, lowest, x = sheet.get_y(), sheet.get_y(), LEFT
    for place, (text, width) in enumerate(zip(texts, sheet.columns, strict=True)):
        sheet.set_y(top)
        sheet.write_at(x, text, width, "R" if place else "L", height)
        lowest = max(lowest, sheet.get_y())
        x += width + GAP
    sheet.set_y(lowest)


def _headings(sheet: _Sheet) -> None:
    sheet.style(8, FAINT, strong=True)
    _cells(sheet, sheet.paper.headings, 4)
    sheet.ln(1.6)
    sheet.rule()
    sheet.ln(2)


def _table(sheet: _Sheet) -> None:
    if sheet.room < 30:
        sheet.add_page()
    else:
        _headings(sheet)
    for line in sheet.paper.lines:
        height = _height(sheet, line)
        if sheet.room < min(height, sheet.eph - 60):
            sheet.add_page()
        _line(sheet, line)
        sheet.ln(2)
        sheet.rule()
        sheet.ln(2)


def _height(sheet: _Sheet, line: PaperLine) -> float:
    sheet.style(9)
    top = max(
        sheet.height_of(text, width, 4.4) for text, width in zip(line.cells, sheet.columns, strict=True)
    )
    sheet.style(8)
    below = sum(sheet.height_of(text, sheet.columns[0], 4) for text in (*line.below, *line.off))
    return float(top + max(below, 4 if line.under else 0) + 2)


def _line(sheet: _Sheet, line: PaperLine) -> None:
    top, page = sheet.get_y(), sheet.page_no()
    sheet.style(9)
    last = sheet.height_of(line.cells[-1], sheet.columns[-1], 4.4)
    _cells(sheet, line.cells, 4.4)
    after = sheet.get_y()
    if line.under and sheet.page_no() == page:
        sheet.set_y(top + last)
        sheet.style(8, FAINT)
        sheet.write_at(LEFT, line.under, sheet.epw, "R", 4)
        lowest = sheet.get_y()
        sheet.set_y(after if line.below or line.off else max(after, lowest))
    for texts, colour in ((line.below, FAINT), (line.off, BRAND)):
        for text in texts:
            sheet.style(8, colour)
            sheet.write_at(LEFT, text, sheet.columns[0], height=4)


def _sums(sheet: _Sheet) -> None:
    if sheet.room < 6 * len(sheet.paper.sums) + 14:
        sheet.add_page()
    sheet.ln(1)
    for label, amount in sheet.paper.sums:
        sheet.style(9, FAINT)
        _sum(sheet, label, amount, 4.8)
    sheet.ln(1.5)
    sheet.style(12, strong=True)
    _sum(sheet, *sheet.paper.total, 6)


def _sum(sheet: _Sheet, label: str, amount: str, height: float) -> None:
    width = min(sheet.get_string_width(sheet.known(amount)) + 1, sheet.epw / 2)
    of_amount = max(width, 40)
    top = sheet.get_y()
    sheet.write_at(LEFT, label, sheet.epw - of_amount - GAP, "R", height)
    after = sheet.get_y()
    sheet.set_y(top)
    sheet.set_text_color(*INK)
    sheet.write_at(sheet.w - RIGHT - of_amount, amount, of_amount, "R", height)
    sheet.set_y(max(after, sheet.get_y()))


def _parts(sheet: _Sheet) -> None:
    sheet.ln(8)
    for heading, text in sheet.paper.parts:
        if sheet.room < 14:
            sheet.add_page()
        sheet.style(8, FAINT, strong=True)
        sheet.write_at(LEFT, heading, sheet.epw, height=4.4)
        sheet.style(9)
        sheet.write_at(LEFT, text, sheet.epw, height=4.4)
        sheet.ln(2.5)
