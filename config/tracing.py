"""Traces by OpenTelemetry: requests, the steps of a charge, jobs, sendings. Loaded only where an endpoint is named.

The endpoint, its headers, how many are sampled: all by the variables that OpenTelemetry's own library reads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode

from config import following
from config.kernel import steps, trail

_MUTE: Any = {"record_exception": False, "set_status_on_exception": False}
"""What went wrong is told by the log: the text of an exception may hold a value."""
_tracer = trace.get_tracer("tokendesk")


def begin(processor: SpanProcessor | None = None) -> None:
    """Keep traces from now on. processor: what is done with spans; by default they are sent, many at a time."""
    global _tracer
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME") or "tokendesk"})
    )
    provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = provider.get_tracer("tokendesk")
    steps.trace_by(_step)
    following.trace_by(propagate.inject, _job)


def traced(answers: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """A span for each request, below the caller's where it brought one."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        method = str(request.method)
        with _span(method, SpanKind.SERVER, request.headers) as span:
            response = answers(request)
            route = request.resolver_match.route if request.resolver_match else ""
            span.update_name(f"{method} {route}".rstrip())
            span.set_attributes(
                {
                    "http.request.method": method,
                    "http.route": route,
                    "http.response.status_code": response.status_code,
                }
            )
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
            _show_facts(span)
        return response

    return answer


@contextmanager
def _span(name: str, kind: SpanKind, carrier: Mapping[str, Any]) -> Iterator[Span]:
    """A span below the one that the carrier names."""
    given = propagate.extract(carrier)
    with _tracer.start_as_current_span(name, context=given, kind=kind, **_MUTE) as span:
        present = trail.present()
        if present is not None and span.get_span_context().is_valid:
            present.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
        yield span


def _show_facts(span: Span) -> None:
    present = trail.present()
    if present is not None:
        span.set_attribute("tokendesk.request_id", present.request_id)
        span.set_attributes({f"tokendesk.{kind}": found for kind, found in present.facts.items()})


@contextmanager
def _step(name: str) -> Iterator[None]:
    with _tracer.start_as_current_span(name, **_MUTE) as span:
        try:
            yield
        except Exception:
            span.set_status(StatusCode.ERROR)
            raise


@contextmanager
def _job(task: str, headers: Mapping[str, Any]) -> Iterator[None]:
    with _span(task, SpanKind.CONSUMER, headers) as span:
        span.set_attribute("messaging.system", "celery")
        yield
        _show_facts(span)
        present = trail.present()
        if present is not None and "failed" in present.facts:
            span.set_status(StatusCode.ERROR)
