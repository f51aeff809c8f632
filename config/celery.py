"""The worker. PostgreSQL is the queue, Redis rings the bell; the bells are in `config.schedule`."""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_before_create_process, worker_process_init

from config.embedded.addresses import broker_url
from config.embedded.children import end_with_parent
from config.following import connect
from config.schedule import MINUTE, ROUTES, SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load every page: they have run when the database was prepared, and jobs need no pages.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")


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
        "task_routes": ROUTES,
        "beat_schedule": SCHEDULE,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_soft_time_limit": 30 * MINUTE,
        "task_time_limit": 31 * MINUTE,
        "timezone": "UTC",
        "enable_utc": True,
    }


app = Celery("tokendesk")
app.add_defaults(_settings)
app.autodiscover_tasks(["wallets", "pricing", "usage", "billing"])


connect()
_LOADED_BY = os.getpid()


def _end_with_the_worker(**_future: Any) -> None:
    """End a pool process when the worker that loaded this and forked it is killed. A task cut short is done again."""
    end_with_parent(_LOADED_BY)


def _share_what_is_loaded(**_future: Any) -> None:
    """Leave what is loaded to both processes: a collection would write to all of it, and so copy it."""
    gc.collect()
    gc.freeze()


worker_process_init.connect(_end_with_the_worker, weak=False)
worker_before_create_process.connect(_share_what_is_loaded, weak=False)
