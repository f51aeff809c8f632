"""One process, two handlers with different layers, chosen by path: the API's few, the admin's many."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from config.embedded.children import end_with_parent
from config.http.handler import SlimHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
_master = multiprocessing.parent_process()
if _master is not None and os.environ.get("SUPERVISED"):
    # By force: asked to end in good order it would wait for its callers, and keep the port.
    end_with_parent(_master.pid or 0)
django.setup(set_prefix=False)
import_module("config.celery")  # the doors ring for the worker
import_module(settings.ROOT_URLCONF)  # the first caller of each worker need not wait for it

if settings.TRACING:
    import_module("config.tracing").begin()

SLIM = ("/api/", "/healthz", "/readyz", "/metrics")


def _handler(kind: type[WSGIHandler], middleware: list[str]) -> WSGIHandler:
    """A handler with these layers: Django reads them from the settings once, while it is made."""
    given = settings.MIDDLEWARE
    settings.MIDDLEWARE = middleware
    try:
        return kind()
    finally:
        settings.MIDDLEWARE = given


_of_the_api = _handler(SlimHandler, settings.API_MIDDLEWARE)
_of_the_admin = _handler(WSGIHandler, settings.MIDDLEWARE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    handler = _of_the_api if environ.get("PATH_INFO", "").startswith(SLIM) else _of_the_admin
    return handler(environ, start_response)
