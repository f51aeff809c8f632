"""Traces, where they are asked for: read from a store in memory, in the place of a collector."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from config import following, logs, tracing
from config.kernel import steps, trail
from usage.tests.made import Shop, a_grant

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    """Whatever spans end during the test."""
    store = InMemorySpanExporter()
    hooks = following._carries, following._begins
    tracing.begin(SimpleSpanProcessor(store))
    yield store
    steps.trace_by(None)
    following.trace_by(*hooks)


def named(kept: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in kept.get_finished_spans()}


def answered(status: int = 201, **headers: str) -> HttpResponse:
    """What the layers answer to a request, within which a debit is noted."""

    def answers(_request: HttpRequest) -> HttpResponse:
        trail.note(debit="d-1")
        with steps.Step(steps.PRICE):
            return HttpResponse(status=status)

    layers = logs.followed(tracing.traced(answers))
    response = layers(RequestFactory().post("/api/v1/debits", headers=headers))
    assert isinstance(response, HttpResponse)
    return response


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def identity_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


class TestRequests:
    def test_are_spans_with_their_route_status_request_and_debit(self, kept: InMemorySpanExporter) -> None:
        answered(**{"X-Request-Id": "r-9"})

        span = named(kept)["POST"]
        assert span.kind is SpanKind.SERVER
        assert dict(span.attributes or {}) == {
            "http.request.method": "POST",
            "http.route": "",
            "http.response.status_code": 201,
            "tokendesk.request_id": "r-9",
            "tokendesk.debit": ("d-1",),
        }

    def test_go_on_with_the_callers_trace(self, kept: InMemorySpanExporter) -> None:
        answered(traceparent=CALLER)

        spans = named(kept)
        assert parent_of(spans["POST"]) == 0xB7AD6B7169203331
        assert parent_of(spans["price"]) == identity_of(spans["POST"])

    def test_are_faults_where_the_answer_is_one_of_ours(self, kept: InMemorySpanExporter) -> None:
        answered(503)

        assert named(kept)["POST"].status.status_code is StatusCode.ERROR


@pytest.mark.committed
class TestSteps:
    def test_of_a_charge_are_spans(self, kept: InMemorySpanExporter) -> None:
        shop = Shop()
        acme = shop.an_account()
        a_grant(acme)
        kept.clear()

        shop.debit(acme, "1")

        assert [span.name for span in kept.get_finished_spans()][-1] == "debit_batch"
        assert "price" in named(kept)

    def test_tell_nothing_of_what_went_wrong_but_that(self, kept: InMemorySpanExporter) -> None:
        with pytest.raises(ValueError, match="secret"), steps.Step(steps.SEND):
            raise ValueError("a secret")

        span = named(kept)["send"]
        assert span.status.status_code is StatusCode.ERROR
        assert "secret" not in span.to_json()


@contextmanager
def job(headers: dict[str, Any], state: str = "SUCCESS") -> Iterator[trail.Trail]:
    """What Celery does around a task, with the headers of its message."""
    task = SimpleNamespace(name="usage.tasks.rate_events", request=SimpleNamespace(headers=headers))
    following.began(task_id="t-1", task=task)
    present = trail.present()
    assert present is not None
    yield present
    following.ended(task_id="t-1", task=task, state=state)


class TestJobs:
    def test_go_on_with_request_and_trace_that_rang(self, kept: InMemorySpanExporter) -> None:
        headers: dict[str, Any] = {}
        with trail.followed("r-9"), tracing._span("POST", SpanKind.SERVER, {}):
            following.rung(headers=headers)
        with job(headers) as present:
            assert present.request_id == "r-9"

        spans = named(kept)
        rung, done = spans["POST"], spans["usage.tasks.rate_events"]
        assert (done.kind, parent_of(done)) == (SpanKind.CONSUMER, identity_of(rung))
        assert present.trace_id == format(done.get_span_context().trace_id, "032x")  # type: ignore[union-attr]
        assert trail.present() is None

    def test_that_failed_are_faults(self, kept: InMemorySpanExporter) -> None:
        with job({}, state="FAILURE") as present:
            assert present.request_id == "t-1"

        assert named(kept)["usage.tasks.rate_events"].status.status_code is StatusCode.ERROR


class TestOff:
    def test_loads_neither_tracer_nor_exporter(self) -> None:
        asked = (
            "import sys, config.wsgi, config.jobs; from config.celery import app;"
            "app.loader.import_default_modules();"
            "print([name for name in sys.modules if name.startswith("
            "('config.tracing', 'opentelemetry.sdk.trace', 'opentelemetry.exporter'))])"
        )

        loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

        assert loaded.stdout == "[]\n"

    def test_is_loaded_where_an_endpoint_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        asked = (
            "import os, config.wsgi; from django.conf import settings; from config.kernel import steps;"
            "print(settings.API_MIDDLEWARE[:2], steps._span.__module__, flush=True); os._exit(0)"
        )

        loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

        assert loaded.stdout == "['config.logs.followed', 'config.tracing.traced'] config.tracing\n"
