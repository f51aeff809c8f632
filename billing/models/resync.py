from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.connection import Connection


class ResyncQuerySet(models.QuerySet["Resync"]):
    def under_way(self) -> Self:
        """Those that a worker is at, or will be."""
        return self.filter(state__in=[Resync.State.QUEUED, Resync.State.RUNNING])


class Resync(models.Model):
    """What the streams of a connection would bring from their very beginning, counted without storing anything.

    streams: in the order in which they are fetched; place: of the one that is being fetched; cursor: of its next page.
    counts: by stream how many records are new, known, changed or can't be read; faults: why, by how often.
    next_at: it is not gone on with before; tries: failures in a row. worked_at: when a worker was last at it.
    done_at: when the streams were set back for real, on the strength of this.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        COUNTED = "counted"
        CANCELLED = "cancelled"
        FAILED = "failed"

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="resyncs")
    streams = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    place = models.PositiveIntegerField(default=0)
    cursor = models.TextField(default="")
    pages = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    faults = models.JSONField(default=dict)
    tries = models.PositiveIntegerField(default=0)
    fault = models.TextField(default="")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    next_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = ResyncQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "counted", "cancelled", "failed"]),
                name="resync_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["queued", "running"]),
                name="connection_counts_one_resync_at_a_time",
                violation_error_message="Somebody is counting what this connection would bring already.",
            ),
        ]

    def __str__(self) -> str:
        return f"resync of {self.connection_id}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How many of the streams are done; how long a stream is nobody knows before its end."""
        return 100 * self.place // len(self.streams) if self.streams else 100

    @property
    def seen(self) -> int:
        """How many records were looked at."""
        return sum(sum(each.values()) for each in self.counts.values())

    @property
    def by_stream(self) -> list[tuple[str, dict[str, Any]]]:
        """The counts of each stream, in the order of the streams."""
        return [(each, self.counts.get(each, {})) for each in self.streams]
