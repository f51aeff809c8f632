"""Who gets a weekly digest by e-mail, and each mail that was written."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from config.kernel.identity import uuid7_key


class DigestChoiceQuerySet(models.QuerySet["DigestChoice"]):
    def on(self) -> Self:
        """Choices of people who want a digest now."""
        return self.filter(is_on=True)


class DigestChoice(models.Model):
    """Which digest somebody of the staff wants, and since when. Nobody gets one who did not choose it."""

    class About(models.TextChoices):
        PACKAGING = "packaging", "Packaging"
        SALES = "sales", "Sales"
        FINANCE = "finance", "Finance"
        SUCCESS = "success", "Customer success"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="digest"
    )
    about = models.CharField("digest", max_length=9, choices=About.choices)
    is_on = models.BooleanField(default=True)
    set_at = models.DateTimeField()

    objects = DigestChoiceQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        verbose_name = "weekly digest"
        constraints = [
            models.CheckConstraint(
                condition=Q(about__in=["packaging", "sales", "finance", "success"]),
                name="digest_is_of_a_known_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.get_about_display()


class DigestMail(models.Model):
    """One digest of one week for one person, as it was written; sent once.

    week: its Monday. next_at: when it is due, or free again after a turn that died. error: of the last attempt.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DEAD = "dead"

    id = uuid7_key()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=9)
    week = models.DateField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    error = models.TextField(default="")
    written_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "week"], name="digest_is_written_once_a_week"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | Q(state__in=["waiting", "dead"], sent_at=None),
                name="digest_that_was_sent_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="digest_is_due"),
        ]

    def __str__(self) -> str:
        return self.subject
