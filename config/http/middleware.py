"""The outermost layer of every answer below /api/: whatever fails, wherever it fails, is told as problem+json."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.http import problems
from config.http.readers import printable
from config.kernel.errors import InvalidRequest, NotFound

# Django writes bytes that are not UTF-8 as %80 to %FF before anyone sees them; no reference needs to look like that.
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})|%[89A-F][0-9A-F]")


class Problems:
    """This will refuse paths that cannot be read, and tell other layers' errors as problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        try:
            _readable(request.path_info)
        except InvalidRequest as refusal:
            return problems.answer(refusal)
        response = self.get_response(request)
        if response.status_code < 400 or _is_ours(response):
            return response
        if response.status_code == 404:
            return problems.answer(NotFound(f"There is nothing at {request.path}."))
        return problems.answer(problems.of_status(response.status_code))


def _is_ours(response: HttpResponseBase) -> bool:
    return isinstance(response, HttpResponse) and response["Content-Type"] == problems.CONTENT_TYPE


def _readable(path: str) -> None:
    """Refuse a path that is not UTF-8, has characters that cannot be shown, or a per cent sign that encodes nothing."""
    try:
        printable(path)
    except ValueError as fault:
        raise InvalidRequest(f"The path cannot be read. {fault}") from None
    if "%" in path and _BROKEN.search(path):
        raise InvalidRequest("The path is not UTF-8, or has a per cent sign that encodes nothing.")
