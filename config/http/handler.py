"""The way from the web server to a slim view, without what only pages for people need."""

from collections.abc import Callable, Iterable
from http.client import responses
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, resolve


class SlimHandler(WSGIHandler):
    """Django's handler with its layers and its way of finding views, and without signals around each request.

    Those look after connections, which here stay open as long as their thread; one that failed is looked after
    when its request is told so. Transactions belong to services, so no view is wrapped into one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._plain: dict[str, ResolverMatch] = {}

    _middleware_chain: Callable[[HttpRequest], HttpResponseBase]

    def __call__(  # type: ignore[override]  # the plain bytes: servers send a list at once
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        response = self._middleware_chain(self.request_class(environ))
        status = response.status_code
        if status >= 500:
            close_old_connections()
        start_response(f"{status} {responses.get(status, 'Unknown')}", list(response.items()))
        return [response.content] if isinstance(response, HttpResponse) else response

    def _get_response(self, request: HttpRequest) -> HttpResponseBase:
        match = self._plain.get(request.path_info) or self._resolved(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response

    def _resolved(self, path: str) -> ResolverMatch:
        """The view of a path; those of paths without variable parts are kept, and there are only so many."""
        match = resolve(path)
        if not match.kwargs and not match.args:
            self._plain[path] = match
        return match
