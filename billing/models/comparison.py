"""What outside systems have beside what we have: when they were asked, what each said, and what is done about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models.connection import Connection
from billing.models.outgoing import Outgoing
from billing.models.period import AccountingPeriod
from billing.models.received import Received
from billing.models.reconciliation import Gap
from config.kernel.fields import MoneyField


class ComparedDay(models.Model):
    """A day of which a connection has answered all that it can be asked, and when it was asked last."""

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="compared_days", db_index=False
    )
    day = models.DateField()
    compared_at = models.DateTimeField()

    class Meta:
        ordering = ["connection", "day"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "day"], name="day_of_a_connection_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%-d %B %Y}"


class ComparedRecord(models.Model):
    """One sale or message as both have it, as they were compared last: one row a month in which it is of a day.

    kind: `sale`, or the message's. name: theirs. here, there: its money in `currency`, none where that book has nothing
    of it, or has it cancelled. agrees: the two say the same of all that is compared.
    """

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="compared_records", db_index=False
    )
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=255)
    month = models.DateField()
    day = models.DateField()
    here = MoneyField(null=True)
    there = MoneyField(null=True)
    currency = models.CharField(max_length=16)
    agrees = models.BooleanField()
    compared_at = models.DateTimeField()

    class Meta:
        ordering = ["connection", "kind", "day", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "name", "month"], name="record_is_compared_once_a_month"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="record_is_compared_in_a_month"),
        ]
        indexes = [models.Index(fields=["connection", "month", "day"], name="compared_record_of_a_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ComparisonTurn(models.Model):
    """When a connection is asked again; while somebody asks it, when his lease ends. fault: why it gave no answer."""

    connection = models.OneToOneField(
        Connection, on_delete=models.PROTECT, related_name="comparison", primary_key=True
    )
    next_at = models.DateTimeField()
    fault = models.TextField(default="")

    def __str__(self) -> str:
        return f"comparison with {self.connection_id}"


class AcceptedAbsence(models.Model):
    """That somebody closes a month without a connection's answer, and why. Written once."""

    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="absences", db_index=False
    )
    month = models.DateField()
    reason = models.TextField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "month"],
                name="absence_is_accepted_once",
                violation_error_message="Somebody has accepted this already.",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="absence_is_of_a_month"),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="absence_has_a_reason",
                violation_error_message="Say why the month is closed without it.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} in {self.month:%B %Y}"


class PeriodAnswer(models.Model):
    """What a connection had said of a month when it was closed: when it was asked, or why nobody waited for it."""

    period = models.ForeignKey(
        AccountingPeriod, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)
    absence = models.ForeignKey(
        AcceptedAbsence, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "connection"], name="connection_answers_once_a_period"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=False, absence=None)
                | Q(answered_at=None, absence__isnull=False),
                name="connection_answered_or_was_let_go",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} of {self.period_id}"


class GapResend(models.Model):
    """That somebody has a gap's record sent or fetched again, and what came of it; then both are compared anew.

    received: what was fetched. outgoing: what is sent. next_at: when it is gone on with.
    """

    gap = models.ForeignKey(Gap, on_delete=models.PROTECT, related_name="resends")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_by = models.CharField(max_length=150)
    reason = models.TextField()
    asked_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    received = models.ForeignKey(
        Received, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    outgoing = models.ForeignKey(
        Outgoing, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    finished_at = models.DateTimeField(null=True)
    said = models.TextField(default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gap"],
                condition=Q(finished_at=None),
                name="gap_is_resent_once_at_a_time",
                violation_error_message="It is being sent again already.",
            ),
            models.CheckConstraint(
                condition=Q(next_at__isnull=False, finished_at=None)
                | Q(next_at=None, finished_at__gte=F("asked_at")),
                name="resend_is_under_way_or_over",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(asked_by=""),
                name="resend_has_an_author_and_a_reason",
                violation_error_message="Say why.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "next_at"], condition=Q(finished_at=None), name="resend_under_way"
            ),
        ]

    def __str__(self) -> str:
        return f"resend of {self.gap_id}"
