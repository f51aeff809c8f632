from typing import Self

from django.db import models
from django.db.models import Q

from billing.models.connection import Connection
from config.kernel.identity import uuid7_key


class Received(models.Model):
    """One thing that an outside system told, once for good. Written before anything is made of it, never changed.

    external_id: its identity at theirs, with its revision where it was fetched. digest: SHA-256 of the body.
    """

    class Way(models.TextChoices):
        CALL = "call", "told by a call"
        PULL = "pull", "fetched"
        FILE = "file", "from a file"
        ASK = "ask", "asked for again"

    id = uuid7_key()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="received", db_index=False
    )
    external_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=80)
    way = models.CharField(max_length=4, choices=Way.choices)
    digest = models.BinaryField(max_length=32)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "received"
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="record_is_received_once"),
            models.CheckConstraint(
                condition=Q(way__in=["call", "pull", "file", "ask"]), name="record_came_in_a_known_way"
            ),
        ]
        indexes = [models.Index(fields=["connection", "-id"], name="received_of_a_connection")]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"


class ReceivedBody(models.Model):
    """What was told, byte by byte. May name persons: apart, so that it can be erased."""

    received = models.OneToOneField(Received, on_delete=models.PROTECT, related_name="body", primary_key=True)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"body of {self.received_id}"


class BodyRemoval(models.Model):
    """That the body of a record was removed, and why: for its age, or by a person, who says so. Written once.

    days: how long the connection kept bodies then, where it was for its age.
    """

    class Why(models.TextChoices):
        AGE = "age", "it was kept as long as it should be"
        PERSON = "person", "somebody erased it"

    received = models.OneToOneField(
        Received, on_delete=models.PROTECT, related_name="removal", primary_key=True
    )
    removed_at = models.DateTimeField()
    why = models.CharField(max_length=6, choices=Why.choices)
    days = models.PositiveSmallIntegerField(null=True)
    by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(why="age", days__gte=1, by="", reason="")
                | Q(why="person", days=None) & ~Q(by="") & ~Q(reason=""),
                name="body_is_removed_for_its_age_or_by_somebody_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"removal of {self.received_id}"


class HandlingQuerySet(models.QuerySet["Handling"]):
    def waiting(self) -> Self:
        """What is still to be applied."""
        return self.filter(state=Handling.State.WAITING)

    def dead(self) -> Self:
        """What was given up; a person may apply it again, or ignore it."""
        return self.filter(state=Handling.State.DEAD)


class Handling(models.Model):
    """What becomes of a received record.

    attempts: begun so far. round_began_with: attempts before a person last had it applied again.
    next_at: when it is due; while somebody is at it, when his lease ends. fault: by which errors are grouped, without
    what differs from record to record; reason: the whole sentence. waits_for: what it names and is not here yet, as
    "customer 17": it is due when that comes. outcome: what it came to, by `rules.handling.Came`; none where it came to
    nothing yet, or a person ignored it. decided_by: who ignored it, or had it applied again last.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        APPLIED = "applied"
        IGNORED = "ignored"
        DEAD = "dead", "given up"

    received = models.OneToOneField(
        Received, on_delete=models.PROTECT, related_name="handling", primary_key=True
    )
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    round_began_with = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, default="")
    reason = models.TextField(default="")
    where = models.CharField(max_length=500, default="")
    waits_for = models.CharField(max_length=300, default="")
    outcome = models.JSONField(default=list)
    decided_by = models.CharField(max_length=150, default="")

    objects = HandlingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False, finished_at=None)
                | Q(state__in=["applied", "ignored", "dead"], next_at=None, finished_at__isnull=False),
                name="handling_waits_or_is_finished",
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "next_at"], condition=Q(state="waiting"), name="handling_due"),
            models.Index(fields=["connection", "fault"], condition=Q(state="dead"), name="handling_given_up"),
        ]

    def __str__(self) -> str:
        return f"{self.received_id} {self.state}"
