"""Jobs that need a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from config.kernel.models import Run

LATE_AFTER = timedelta(hours=1)
LOOKED_BACK = timedelta(days=2)


def failed(run: Run) -> bool:
    """Whether the job itself said that it went wrong."""
    return isinstance(run.detail, dict) and bool(run.detail.get("error"))


def is_late(run: Run, moment: datetime) -> bool:
    """Whether a job that was begun should have ended long ago."""
    return run.finished_at is None and run.started_at < moment - LATE_AFTER


def troubled(moment: datetime) -> list[Run]:
    """Jobs of the last two days that failed or never ended, the newest first."""
    recent: QuerySet[Run] = Run.objects.filter(started_at__gte=moment - LOOKED_BACK).order_by("-started_at")
    return [run for run in recent[:500] if failed(run) or is_late(run, moment)]
