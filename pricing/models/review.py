from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pricing.models.rate_table import RateTable
from pricing.models.version import Version


class ReviewQuerySet(models.QuerySet["Review"]):
    def of_version(self, version_id: int) -> Self:
        """The reviews of one draft, newest first."""
        return self.filter(version_id=version_id).order_by("-pk")

    def newest(self) -> Self:
        """The newest review of each draft, which alone counts."""
        newer = Review.objects.filter(version_id=models.OuterRef("version_id"), pk__gt=models.OuterRef("pk"))
        return self.filter(~models.Exists(newer))

    def undecided(self) -> Self:
        """Reviews that nobody has decided yet, whatever became of their drafts."""
        return self.filter(decision=None)

    def decided(self) -> Self:
        """Reviews that were approved or sent back."""
        return self.exclude(decision=None)

    def of_drafts(self) -> Self:
        """Reviews whose draft is one still: neither published nor thrown away."""
        drafts = Version.objects.drafts().filter(pk=models.OuterRef("version_id"))
        return self.filter(models.Exists(drafts))


class Review(models.Model):
    """That a draft was put before a second person: by whom, when, and what it said.

    A trigger writes what the draft is, the moment and the digest of its rates; rows never change.
    version: outlives a draft that is thrown away; `table` and `number` still tell which it was.
    """

    version = models.ForeignKey(
        Version, on_delete=models.DO_NOTHING, db_constraint=False, related_name="reviews", editable=False
    )
    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="reviews", editable=False)
    number = models.PositiveIntegerField(editable=False)
    revision = models.PositiveIntegerField(editable=False)
    digest = models.CharField(max_length=64, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    asked_at = models.DateTimeField(editable=False)
    note = models.TextField(blank=True, default="", editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"v{self.number}"


class Decision(models.Model):
    """What a second person said to a review: approved, or sent back with the reason. Rows never change."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "approved"
        RETURNED = "returned", "sent back"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="decision", editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(editable=False)
    reason = models.TextField(blank=True, default="", editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_by=None) | ~Q(decided_by=F("asked_by")),
                name="decision_is_by_somebody_else",
                violation_error_message="Who asks for approval does not decide: a second person does.",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["approved", "returned"]),
                name="decision_is_approved_or_returned",
                violation_error_message="A review is approved or sent back.",
            ),
            models.CheckConstraint(
                condition=Q(verdict="approved") | ~Q(reason=""),
                name="decision_to_send_back_says_why",
                violation_error_message="Say why it is sent back.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.decided_by_id}"

    @property
    def is_approval(self) -> bool:
        return self.verdict == self.Verdict.APPROVED
