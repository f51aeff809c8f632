"""A document as PDF, on A4. The built-in Helvetica knows Western European letters; a TrueType font knows its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from billing.rules.documents import Document

_WIDTHS = (88, 38, 24, 30)
_HEADINGS = ("Description", "Quantity", "Unit price", "Amount")
_LINE = 5.0
_TO_PAY_BY = (("bank", "Bank account"), ("terms", "Terms"), ("contact", "Questions"))


class _Paper(FPDF):
    """A4 whose text is of one family. made_at: what the file says of its making, whenever it is asked for."""

    def __init__(self, document: Document, made_at: datetime, font: Path | None) -> None:
        super().__init__(format="A4")
        self.document = document
        self.family = "Helvetica"
        self.core_fonts_encoding = "cp1252"
        if font is not None:
            self.family = "Written"
            for style in ("", "B"):
                self.add_font(self.family, style, font)
        self.set_margins(15, 18)
        self.set_auto_page_break(True, 20)
        self.set_title(f"{document.title} {document.number}".strip())
        self.set_creation_date(made_at)
        self.set_lang("en")

    def words(self, text: str) -> str:
        """The text in letters that the font has; one that it lacks is a question mark."""
        return text if self.family == "Written" else text.encode("cp1252", "replace").decode("cp1252")

    def in_size(self, size: float, style: str = "") -> None:
        self.set_font(self.family, style, size)

    def put(self, text: str, width: float = 0, height: float = _LINE) -> None:
        self.multi_cell(width, height, self.words(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def footer(self) -> None:
        self.set_y(-15)
        self.in_size(8)
        told = f"{self.document.title} {self.document.number or 'draft'} · page {self.page_no()} of {{nb}}"
        self.cell(0, _LINE, self.words(told), align="C")


def pdf_of(document: Document, *, made_at: datetime, font: Path | None = None) -> bytes:
    """The document's pages. font: a TrueType file; None: the built-in one."""
    paper = _Paper(document, made_at, font)
    paper.add_page()
    _head(paper, document)
    _table(paper, document)
    _foot(paper, document)
    return bytes(paper.output())


def _head(paper: _Paper, document: Document) -> None:
    paper.in_size(10)
    paper.put("\n".join(_lines(document.seller, "name", "address")))
    if document.seller.get("tax_id"):
        paper.put(f"Tax number {document.seller['tax_id']}")
    paper.ln(8)
    top = paper.get_y()
    paper.put("\n".join(_lines(document.buyer, "name", "address")) or "-", width=95)
    if document.buyer.get("tax_id"):
        paper.put(f"Tax number {document.buyer['tax_id']}", width=95)
    below = paper.get_y()
    paper.set_y(top)
    for label, text in document.facts:
        paper.set_x(115)
        paper.in_size(10)
        paper.cell(30, _LINE, paper.words(label))
        paper.multi_cell(0, _LINE, paper.words(text), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_y(max(below, paper.get_y()) + 8)
    paper.in_size(18, "B")
    draft = " (draft)" if document.is_draft else ""
    paper.put(f"{document.title} {document.number}".strip() + draft, height=9)
    paper.ln(2)
    if document.note:
        paper.in_size(10)
        paper.put(document.note)
        paper.ln(2)


def _table(paper: _Paper, document: Document) -> None:
    paper.in_size(9)
    aligned = ("LEFT", "RIGHT", "RIGHT", "RIGHT")
    with paper.table(
        col_widths=_WIDTHS,
        text_align=aligned,
        borders_layout="HORIZONTAL_LINES",
        line_height=_LINE,
        padding=1,
    ) as table:
        table.row([*_HEADINGS[:3], f"{_HEADINGS[3]} {document.currency}"])
        for row in document.rows:
            table.row([paper.words(text) for text in row])
    paper.ln(3)
    paper.in_size(12, "B")
    paper.cell(0, 8, paper.words(f"Total  {document.sum}"), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _foot(paper: _Paper, document: Document) -> None:
    paper.ln(6)
    paper.in_size(9)
    for name, label in _TO_PAY_BY:
        if document.seller.get(name):
            paper.put(f"{label}: {document.seller[name]}", height=4.5)
            paper.ln(1)


def _lines(of: Mapping[str, str], *names: str) -> list[str]:
    return [line.strip() for name in names for line in of.get(name, "").splitlines() if line.strip()]
