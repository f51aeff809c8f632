from typing import Self

from django.db import models
from django.db.models import Q

from billing.models.connection import Connection
from billing.rules.sending import words_of
from config.kernel.identity import uuid7_key


class OutgoingQuerySet(models.QuerySet["Outgoing"]):
    def waiting(self) -> Self:
        """What is still to be sent."""
        return self.filter(state=Outgoing.State.WAITING)

    def dead(self) -> Self:
        """What was given up; a person may send it again, or ignore it."""
        return self.filter(state=Outgoing.State.DEAD)


class Outgoing(models.Model):
    """One thing to tell an outside system, once a key. Its content is the same at every attempt.

    subject: what it is of, as we call it, an account for the most part. external_id: what it came to be at theirs.
    replaced: a newer one of the same subject was made before this one was sent.
    is_under_way: somebody has begun to send it and has not told how it went; goes_alone: in no call with others, for
    one of them was refused or fails. emptied_at: its content was removed for its age; it is sent no more. decided_by:
    who ignored it, or had it sent again last.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        REPLACED = "replaced"
        IGNORED = "ignored"
        DEAD = "dead", "given up"

    id = uuid7_key()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="outgoing", db_index=False
    )
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=255)
    subject = models.CharField(max_length=128)
    content = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    round_began_with = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=200, default="")
    reason = models.TextField(default="")
    external_id = models.CharField(max_length=255, default="")
    decided_by = models.CharField(max_length=150, default="")
    is_under_way = models.BooleanField(default=False)
    goes_alone = models.BooleanField(default=False)
    emptied_at = models.DateTimeField(null=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "outgoing"
        constraints = [
            models.UniqueConstraint(fields=["connection", "key"], name="message_is_made_once_a_key"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False, finished_at=None)
                | Q(
                    state__in=["sent", "replaced", "ignored", "dead"],
                    next_at=None,
                    finished_at__isnull=False,
                ),
                name="message_waits_or_is_finished",
            ),
            models.CheckConstraint(
                condition=Q(emptied_at=None) | Q(state__in=["sent", "replaced", "ignored"]),
                name="message_is_emptied_when_it_has_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "kind", "next_at"], condition=Q(state="waiting"), name="message_due"
            ),
            models.Index(fields=["connection", "fault"], condition=Q(state="dead"), name="message_given_up"),
            models.Index(fields=["connection", "kind", "subject", "-id"], name="message_of_a_subject"),
            models.Index(
                fields=["connection", "kind", "subject"],
                condition=Q(is_under_way=True),
                name="message_under_way",
            ),
            models.Index(fields=["connection", "-id"], name="message_of_a_connection"),
            models.Index(
                fields=["connection", "id"], condition=Q(emptied_at=None), name="message_has_its_content"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.words} {self.subject}"

    @property
    def words(self) -> str:
        """Its kind, as people call it."""
        return words_of(self.kind)


class OutgoingTry(models.Model):
    """One attempt at a message, written when it begins and completed when it ends.

    finished_at: none where whoever was at it ended before it did. answer: how the answer's body begins.
    """

    outgoing = models.ForeignKey(Outgoing, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(default="")
    answer = models.TextField(default="")
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outgoing", "number"], name="message_is_tried_once_a_number"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"
