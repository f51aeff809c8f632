"""The worker's and beat's settings, and the one schedule. PostgreSQL is the queue; Redis only rings the bell."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from celery.signals import worker_process_init

from config.embedded.children import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SECOND, MINUTE = 1.0, 60.0


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: sockets are `redis+socket://`, their database is a `virtual_host`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{parts.path}?virtual_host={parse_qs(parts.query).get('db', ['0'])[0]}"


def _settings() -> dict[str, Any]:
    from django.conf import settings

    return {
        "broker_url": broker_url(settings.REDIS_URL),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "socket_timeout": 30,
            "socket_keepalive": True,
        },
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_soft_time_limit": 30 * MINUTE,
        "task_time_limit": 31 * MINUTE,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_schedule": SCHEDULE,
    }


# Each task finds what is due in the tables, so that a bell that was not heard costs thirty seconds and nothing else.
# `expires` lets bells that rang while no worker listened fall silent.
SCHEDULE: dict[str, dict[str, Any]] = {}

app = Celery("tokendesk")
app.add_defaults(_settings)
app.autodiscover_tasks(["wallets", "pricing", "usage", "billing"])


@worker_process_init.connect
def _end_with_the_worker(**_future: Any) -> None:
    """A pool process ends when its worker is killed."""
    end_with_parent()
