"""Pages that say what went wrong outside the API: refused, not there, a defect, or a database that does not answer."""

from __future__ import annotations

import logging
import re
import sys

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.desk.whom import NotYours
from config.kernel.database import is_unanswered, tell_unanswered

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SECONDS_UNTIL_RETRY = 5
SAID = {
    403: (
        "You may not see this page.",
        "None of your groups includes it. Ask an administrator if one should.",
    ),
    404: ("There is nothing here.", "The address is wrong, or what it names was discarded."),
    500: (
        "Something went wrong.",
        "What you asked for was not done, or not shown. It is written in the log of the product, with its cause.",
    ),
    503: (
        "The database does not answer.",
        "Try again in a moment. If you sent a form, look first whether it was taken.",
    ),
}
_ACCOUNT = re.compile(r"/my/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/")

log = logging.getLogger(__name__)


class NotHere(Http404):
    """Nothing is at an address; its sentence says what is not."""


def refused(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, with the refusal's own sentence where it has one."""
    said = str(exception or "")
    if not said:
        return _page(request, 403, SAID[403])
    return _page(
        request, 403, (SAID[403][0] if isinstance(exception, NotYours) else "This was refused.", said)
    )


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, with a sentence of its own where there is one."""
    said = str(exception) if isinstance(exception, NotHere) else SAID[404][1]
    return _page(request, 404, (SAID[404][0], said))


def failed(request: HttpRequest) -> HttpResponse:
    """500; 503 where the database does not answer, of which the log has a line and no traceback for each page."""
    fault = sys.exc_info()[1]
    if not is_unanswered(fault):
        return _page(request, 500, SAID[500])
    tell_unanswered(log, fault)
    response = _page(request, 503, SAID[503])
    response.headers["Retry-After"] = str(SECONDS_UNTIL_RETRY)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def way_back(path: str) -> tuple[str, str]:
    """Where a page of this path leads back to, and what that is called; a shared page leads nowhere."""
    if path.startswith("/my/"):
        account = _ACCOUNT.match(path)
        return (account[0], "To the overview") if account else ("/my/", "Sign in")
    if path.startswith("/shared/"):
        return "", ""
    return "/admin/", "Back to the home page"


def _page(request: HttpRequest, status: int, said: tuple[str, str]) -> HttpResponse:
    """Asks the database nothing: it may be what failed."""
    back, label = way_back(request.path_info)
    told = {"heading": said[0], "text": said[1], "back": back, "label": label}
    response = HttpResponse(render_to_string("fault.html", told), status=status)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
