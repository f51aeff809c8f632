"""Paper at the desk: as a page to print, and as a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

import config.desk
from billing.rules.paper import Fonts, Paper

FONTS = Path(config.desk.__file__).parent / "static" / "desk" / "fonts"
SHIPPED = Fonts(
    FONTS / "paper.ttf",
    FONTS / "paper-strong.ttf",
    [(FONTS / "paper-right-to-left.ttf", FONTS / "paper-right-to-left-strong.ttf")],
)
"""Letters of Latin, Greek and Cyrillic; of Hebrew and Arabic."""


def on_paper(request: HttpRequest, paper: Paper, back: str, file: str) -> HttpResponse:
    """As it is printed, outside the admin's frame. back, file: where the page leads back to, and to the same as PDF."""
    return render(request, "desk/paper.html", {"paper": paper, "back": back, "file": file})


def as_file(paper: Paper, made_at: datetime) -> HttpResponse:
    """As PDF. made_at: the same each time, so that the same paper is the same file."""
    from billing.rules.pdf import pdf_of  # 48 MB of libraries that a process needs for paper alone

    more = Path(settings.INVOICE_FONT) if settings.INVOICE_FONT else None
    fonts = replace(SHIPPED, others=[*SHIPPED.others, (more, more)]) if more else SHIPPED
    response = HttpResponse(pdf_of(paper, made_at=made_at, fonts=fonts), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{paper.name}.pdf"'
    return response
