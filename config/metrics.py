"""Counts and durations of API requests, for Prometheus, added up by the processes of one house; and how news fare."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from billing.queries.audits import LastAudit
from billing.queries.connection_measures import Measured
from billing.queries.outbox import Figures
from config import counted
from usage.queries.queue import months_ahead, queue
from usage.queries.rolled import rolled

log = logging.getLogger(__name__)

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


class QueueOfEvents(Collector):
    """How the queue of usage events and the roll-ups stand now, asked of the database when it is told."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        stands = queue()
        waiting = GaugeMetricFamily(
            "tokendesk_events_waiting",
            "Usage events that wait: for their turn, or stuck for a reason.",
            labels=["reason"],
        )
        waiting.add_metric(["turn"], stands.waiting)
        for each in stands.stuck:
            waiting.add_metric([each.reason], each.count)
        yield waiting
        yield GaugeMetricFamily(
            "tokendesk_events_lag_seconds",
            "Seconds that the oldest usage event has waited for its turn.",
            value=stands.lag.total_seconds(),
        )
        yield GaugeMetricFamily(
            "tokendesk_events_months_ahead",
            "Months after this one that are there for usage events to be recorded in.",
            value=months_ahead(),
        )
        yield GaugeMetricFamily(
            "tokendesk_rollups_lag_seconds",
            "Seconds since when usage may have been recorded that the roll-ups do not have yet.",
            value=rolled().lag.total_seconds(),
        )


def exposition() -> bytes:
    """All that was counted, in Prometheus' text format; and how the queue of events stands, where that can be asked."""
    return counted.told() + _queue()


def _queue() -> bytes:
    registry = CollectorRegistry()
    registry.register(QueueOfEvents())
    try:
        return generate_latest(registry)
    except Error as fault:
        log.warning("The queue of usage events could not be asked: %s", fault)
        return b""


class News(Collector):
    """How deliveries of news fare, as the database counts them."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        found = self._figures
        yield GaugeMetricFamily("tokendesk_news_waiting", "Deliveries that wait.", found.waiting)
        said = "Seconds that the delivery has waited which waits longest."
        yield GaugeMetricFamily("tokendesk_news_oldest_waiting_seconds", said, found.oldest_seconds)
        said = "Seconds since facts were last looked for."
        yield GaugeMetricFamily("tokendesk_news_unread_seconds", said, found.unread_seconds)
        ended = CounterMetricFamily(
            "tokendesk_news_deliveries", "Deliveries that ended.", labels=["type", "outcome"]
        )
        for kind, state, count in found.ended:
            ended.add_metric([kind, OUTCOMES[state]], count)
        yield ended


OUTCOMES = {"delivered": "delivered", "dead": "failed"}


class Audits(Collector):
    """When the books were proved last, and whether they were right."""

    def __init__(self, last: LastAudit) -> None:
        self._last = last

    def collect(self) -> Iterator[Metric]:
        said = "Seconds since the last audit of the books ended."
        yield GaugeMetricFamily("tokendesk_audit_age_seconds", said, self._last.age_seconds)
        said = "1 where the last audit of the books found nothing, 0 where it found a lie."
        yield GaugeMetricFamily("tokendesk_audit_clean", said, float(self._last.is_clean))


def of_audits(last: LastAudit | None) -> bytes:
    """How the last audit went, in Prometheus' text format; nothing where there was none."""
    registry = CollectorRegistry()
    if last is not None:
        registry.register(Audits(last))
    return generate_latest(registry)


def of_news(figures: Figures) -> bytes:
    """How news fare, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(News(figures))
    return generate_latest(registry)


_OF_CONNECTIONS = (
    ("waiting", "What waits, by the way it goes: in, to be applied, or out, to be sent."),
    ("oldest_waiting_seconds", "Seconds that what waits longest has waited."),
    ("given_up", "What was given up and waits for a person."),
)


class Connections(Collector):
    """How connections to outside systems fare, as the database counts it."""

    def __init__(self, measured: Sequence[Measured]) -> None:
        self._measured = measured

    def collect(self) -> Iterator[Metric]:
        for name, said in _OF_CONNECTIONS:
            told = GaugeMetricFamily(f"tokendesk_connection_{name}", said, labels=["connection", "way"])
            for each in self._measured:
                came, goes = {
                    "waiting": (each.waiting_in, each.waiting_out),
                    "oldest_waiting_seconds": (each.oldest_in_seconds, each.oldest_out_seconds),
                    "given_up": (each.dead_in, each.dead_out),
                }[name]
                told.add_metric([each.code, "in"], came)
                told.add_metric([each.code, "out"], goes)
            yield told
        yield from self._times()
        ended = CounterMetricFamily(
            "tokendesk_connection_exchanges",
            "Exchanges that ended, ok or failed.",
            labels=["connection", "job", "outcome"],
        )
        for each in self._measured:
            for job, outcome, count in each.exchanges:
                ended.add_metric([each.code, job, outcome], count)
        yield ended

    def _times(self) -> Iterator[Metric]:
        overdue = GaugeMetricFamily(
            "tokendesk_connection_overdue_seconds",
            "Seconds since a stream was due to be fetched and was not.",
            labels=["connection"],
        )
        success = GaugeMetricFamily(
            "tokendesk_connection_last_success_seconds",
            "Seconds since an exchange went well; absent where none ever did.",
            labels=["connection"],
        )
        for each in self._measured:
            overdue.add_metric([each.code], each.unfetched_seconds)
            if each.success_seconds is not None:
                success.add_metric([each.code], each.success_seconds)
        yield overdue
        yield success


def of_connections(measured: Sequence[Measured]) -> bytes:
    """How connections fare, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(Connections(measured))
    return generate_latest(registry)
