"""Counts and durations of API requests, for Prometheus; the processes of one house add theirs together."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter(
    "tokendesk_requests_total", "Requests answered below /api/.", ["method", "route", "status"]
)
SECONDS = Histogram(
    "tokendesk_request_seconds",
    "Seconds until a request below /api/ was answered.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def measured(answers: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Count each answer by method, route (never the path: it has ids in it) and status."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began_at = perf_counter()
        response = answers(request)
        if request.path_info.startswith("/api/"):
            route = request.resolver_match.route if request.resolver_match else "unknown"
            method = request.method if request.method in _METHODS else "other"
            REQUESTS.labels(method, route, str(response.status_code)).inc()
            SECONDS.labels(method, route).observe(perf_counter() - began_at)
        return response

    return answer


def exposition() -> bytes:
    """All that was counted, in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
