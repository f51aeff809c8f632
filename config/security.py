"""What a browser may do with our pages: everything from ourselves, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

Answers = Callable[[HttpRequest], HttpResponseBase]

_EVERYWHERE = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
STRICT = f"default-src 'none'; {_EVERYWHERE}"
# The admin's theme evaluates its attributes (Alpine) and writes styles into elements; that is all it is allowed.
ADMIN = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data:; {_EVERYWHERE}"
)


def strict(answers: Answers) -> Answers:
    """For the API and health: an answer loads nothing. A page among them brings a policy of its own.

    The length is told as well, which Django leaves to its common layer: without it each answer would come in chunks.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = answers(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", STRICT)
        headers["X-Content-Type-Options"] = "nosniff"
        if isinstance(response, HttpResponse):
            headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return answer


def of_the_admin(answers: Answers) -> Answers:
    """For the admin what its theme needs; for any other page that comes this way the strict policy."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = answers(request)
        is_admin = request.path_info.startswith("/admin/")
        response.headers.setdefault("Content-Security-Policy", ADMIN if is_admin else STRICT)
        return response

    return answer
