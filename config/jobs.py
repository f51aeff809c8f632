"""The processes that do jobs: `python -m config.jobs worker`, and `courier`, which rings the bells as well.

Celery's own command line would load a terminal into each of them.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from importlib import import_module
from threading import Thread
from typing import Any

from celery import beat
from django.conf import settings

from config import counted
from config.celery import app
from config.embedded.supervisor import SUPERVISED

KINDS: dict[str, dict[str, Any]] = {
    "worker": {"concurrency": 1},
    # It waits for others most of the time: threads of one process do.
    "courier": {
        "hostname": "courier@%h",
        "queues": ["news", "connections", "comparing"],
        "pool": "threads",
        "concurrency": 10,
    },
}


def ring() -> None:
    """Ring the bells of `config.schedule` until the process ends. Without its bells a process is of no use: it ends."""
    try:
        beat.Service(app, scheduler_cls="celery.beat:Scheduler").start()
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def main(kind: str) -> int:
    """Do the jobs of this kind until told to stop."""
    if settings.TRACING:
        import_module("config.tracing").begin()
    if settings.METRICS_PORT and SUPERVISED not in os.environ:  # else the web tells what all have counted
        counted.serve(settings.METRICS_HOST, settings.METRICS_PORT)
    if kind == "courier":
        Thread(target=ring, name="bells", daemon=True).start()
    logging.captureWarnings(True)  # so that Celery's are lines of the log as well
    worker = app.Worker(
        loglevel="WARNING", quiet=True, without_gossip=True, without_mingle=True, **KINDS[kind]
    )
    worker.start()
    return worker.exitcode or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
