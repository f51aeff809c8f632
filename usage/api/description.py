"""The API's description of itself: schema, documentation page, problem types."""

from datetime import timedelta
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import get_resolver, reverse
from django.utils import timezone

from config.http.openapi import Document, as_bytes, routes
from config.http.views import ApiView
from config.kernel.errors import PROBLEMS, NotFound
from usage.api import answers, operations, pages
from usage.queries.keys import KeyHolder

TITLE = "Tokendesk API"
VERSION = "1.0"
ABOUT = (
    "Sell tokens, price features in them, and spend them exactly once. Amounts are exact decimals, "
    "answered as strings; every error is problem+json."
)
PREFIX = "/api/v1/"
DAY_OF_EXAMPLES = "2026-11-22"
"""Yesterday on the page: usage may be dated 35 days back, so that a call that is copied from it would grow too old."""
_PAGE_MAY_LOAD = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def document() -> Document:
    """The description of every route below /api/v1/."""
    served = [
        each for paths in settings.API_PATHS for each in routes(get_resolver(paths).url_patterns, PREFIX)
    ]
    return Document(served, title=TITLE, version=VERSION, about=ABOUT, problem=answers.Problem)


@cache
def schema() -> bytes:
    return as_bytes(document().as_json())


class Schema(ApiView[KeyHolder]):
    operations = {"GET": operations.SCHEMA}

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(schema(), content_type="application/json")


class Docs(ApiView[KeyHolder]):
    operations = {"GET": operations.DOCS}

    def get(self, request: HttpRequest) -> HttpResponse:
        origin = f"{request.scheme}://{request.META.get('HTTP_HOST', 'localhost:8000')}"
        shown = {"title": TITLE, "groups": pages.groups(document(), origin), "problems": PROBLEMS.values()}
        response = render(request, "docs/api.html", shown)
        yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()
        response.content = response.content.replace(DAY_OF_EXAMPLES.encode(), yesterday.encode())
        response.headers["Content-Security-Policy"] = _PAGE_MAY_LOAD
        return response


class ProblemType(ApiView[KeyHolder]):
    operations = {"GET": operations.PROBLEM}

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        if slug not in {problem.slug for problem in PROBLEMS.values()}:
            raise NotFound(f"There is no problem named {slug}.")
        return redirect(f"{reverse('api:docs')}#{slug}")
