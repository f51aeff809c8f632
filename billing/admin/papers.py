"""Paper at the desk: as a page to print, and as a file."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing.rules.paper import Paper
from billing.services.printing import printed


def on_paper(request: HttpRequest, paper: Paper, back: str, file: str) -> HttpResponse:
    """As it is printed, outside the admin's frame. back, file: where the page leads back to, and to the same as PDF."""
    return render(request, "desk/paper.html", {"paper": paper, "back": back, "file": file})


def as_file(paper: Paper, made_at: datetime) -> HttpResponse:
    """As PDF. made_at: the same each time, so that the same paper is the same file."""
    response = HttpResponse(printed(paper, made_at), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{paper.name}.pdf"'
    return response
