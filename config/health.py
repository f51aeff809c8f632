"""Is it alive, is it ready, what does it do: three answers for the machines that watch over it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import orjson
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST
from redis import Redis
from redis.exceptions import RedisError

from billing.queries.audits import last_audit
from billing.queries.connection_measures import measured
from billing.queries.outbox import figures
from config import metrics

PATIENCE_SECONDS = 2


@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return _told({"status": "ok"}, 200)


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """The database answers, the broker answers, and the database has every migration of this release."""
    found = {name: _word(question) for name, question in QUESTIONS.items()}
    is_ready = all(word == "ok" for word in found.values())
    return _told({"status": "ok" if is_ready else "unavailable", **found}, 200 if is_ready else 503)


@require_safe
def measurements(_request: HttpRequest) -> HttpResponse:
    """What this process knows, and what the database counts, where it answers."""
    told = metrics.exposition()
    with suppress(Error):
        told += metrics.of_audits(last_audit())
        told += metrics.of_news(figures())
        told += metrics.of_connections(measured())
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)


def _told(content: dict[str, str], status: int) -> HttpResponse:
    response = HttpResponse(orjson.dumps(content), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def _word(question: Callable[[], bool]) -> str:
    try:
        return "ok" if question() else "behind"
    except (Error, RedisError, OSError):
        return "unreachable"


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def broker_answers() -> bool:
    with Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    ) as client:
        return bool(client.ping())


def migrations_are_applied() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return _wanted() <= set(cursor.fetchall())


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


QUESTIONS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "broker": broker_answers,
    "migrations": migrations_are_applied,
}
