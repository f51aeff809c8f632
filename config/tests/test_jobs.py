"""The processes of jobs."""

import os
import signal
import subprocess
import sys

import pytest
from celery import beat

from config import jobs
from config.tests import sources

LOADS_NO_PAGE = """
import sys
from config.jobs import app
app.loader.init_worker()
from celery import signals
signals.worker_init.send(sender=None)
print(*sorted(name for name in ("config.urls", "unfold.admin", "usage.admin", "usage.api") if name in sys.modules))
print("usage.tasks" in sys.modules)
"""


def test_ends_where_its_bells_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *given: sent.append(given))

    class Broken:
        def start(self) -> None:
            raise RuntimeError("bells are broken")

    monkeypatch.setattr(beat, "Service", lambda *_given, **_words: Broken())
    with pytest.raises(RuntimeError):
        jobs.ring()

    assert sent == [(os.getpid(), signal.SIGTERM)]


def test_loads_every_job_and_no_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS_NO_PAGE], cwd=sources.root(), capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["", "True"]
