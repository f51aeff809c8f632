"""A shared page of usage: read-only, without a user, without money and without anybody's name."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.admin.usage_page import shown_of
from billing.queries.usage_report import report
from billing.rules.usage_view import view_of
from config.desk import faults
from config.kernel.errors import InvalidRequest, Throttled
from usage.errors import LinkOver
from usage.queries.moments import database_clock
from usage.services import sharing

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
def shared_usage(request: HttpRequest, token: str) -> HttpResponse:
    """The page that a link opens; 404 where it is over, 429 where it is asked for too often."""
    try:
        link = sharing.look(token=token)
        view = view_of(link.query)
        asked = report(view, database_clock(), with_money=False)
    except (LinkOver, InvalidRequest):
        return _guarded(faults.missing(request))
    except Throttled as refusal:
        response = render(request, "shared/throttled.html", {"detail": refusal.detail}, status=429)
        response["Retry-After"] = str(refusal.extras["retry_after"])
        return _guarded(response)
    context = {**shown_of(asked), "link": link, "view": view, "is_shared": True}
    return _guarded(render(request, "shared/usage.html", context))


def _guarded(response: HttpResponse) -> HttpResponse:
    """Kept by nobody, found by no search, told to no other site."""
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
