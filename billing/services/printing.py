"""Paper as a file: with the letters that are shipped, and those that the operator gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings

from billing.rules.paper import Fonts, Paper

FONTS = Path(settings.BASE_DIR) / "config/desk/static/desk/fonts"
SHIPPED = Fonts(
    FONTS / "paper.ttf",
    FONTS / "paper-strong.ttf",
    [(FONTS / "paper-right-to-left.ttf", FONTS / "paper-right-to-left-strong.ttf")],
)
"""Letters of Latin, Greek and Cyrillic; of Hebrew and Arabic."""


def printed(paper: Paper, made_at: datetime) -> bytes:
    """The paper as PDF. made_at: the same each time, so that the same paper is the same file."""
    from billing.rules.pdf import pdf_of  # 48 MB of libraries that a process needs for paper alone

    more = Path(settings.INVOICE_FONT) if settings.INVOICE_FONT else None
    fonts = replace(SHIPPED, others=[*SHIPPED.others, (more, more)]) if more else SHIPPED
    return pdf_of(paper, made_at=made_at, fonts=fonts)
