from django.db import models
from django.db.models import Q

from billing.models.connection import Connection
from config.kernel.identity import uuid7_key


class SyncCursor(models.Model):
    """How far a stream of theirs was fetched: moved in the transaction that stores the page's records.

    position: the connector's own words; empty is the beginning. due_at: when it is fetched again; while somebody is at
    it, when his lease ends.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="cursors")
    stream = models.CharField(max_length=40)
    position = models.TextField(default="")
    due_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "stream"], name="stream_has_one_cursor")]

    def __str__(self) -> str:
        return self.stream


class SyncRun(models.Model):
    """One exchange worth telling of: a fetch that found something, a sending, a test, or one that failed.

    job: what was done, as "companies", "send fields" or "test". found, done, failed: records or messages.
    repeats: how often it ended the same way since, with nothing in between. said: the sentence that people read.
    """

    id = uuid7_key()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="runs", db_index=False)
    job = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    is_dry = models.BooleanField(default=False)
    fault = models.CharField(max_length=200, default="")
    said = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["connection", "-id"], name="run_of_a_connection")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("began_at")),
                name="run_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return self.job


class ExchangeTally(models.Model):
    """How many exchanges of a connection ended which way, ever: counted as they end, so that nobody counts them again.

    job: as of a run.
    """

    class Outcome(models.TextChoices):
        WENT_WELL = "ok", "went well"
        FAILED = "failed"

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="tallies", db_index=False
    )
    job = models.CharField(max_length=40)
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "exchange tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "job", "outcome"], name="exchanges_are_counted_once_an_outcome"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["ok", "failed"]), name="exchange_went_well_or_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.outcome}"
