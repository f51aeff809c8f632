from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from simple_history.models import HistoricalRecords

from pricing.models.rate_table import RateTable


class VersionState(models.TextChoices):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LIVE = "live"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class VersionQuerySet(models.QuerySet["Version"]):
    def drafts(self) -> Self:
        """Versions that people still edit."""
        return self.filter(published_at=None)

    def published(self) -> Self:
        """Versions that never change again: scheduled, live, superseded or withdrawn."""
        return self.exclude(published_at=None)

    def withdrawn(self) -> Self:
        """Published versions that were taken back before they began: they price nothing, ever."""
        return self.published().filter(effective_until=F("effective_from"))

    def lasting(self) -> Self:
        """Published versions that price some usage, sooner or later: all but the withdrawn."""
        return self.published().filter(Q(effective_until=None) | Q(effective_until__gt=F("effective_from")))

    def in_force(self, moment: datetime) -> Self:
        """Published versions that price usage of this instant, one a table."""
        return self.started(moment).filter(Q(effective_until=None) | Q(effective_until__gt=moment))

    def started(self, moment: datetime) -> Self:
        """Published versions that price usage of this instant or of an earlier one."""
        return self.lasting().filter(effective_from__lte=moment)

    def scheduled(self, moment: datetime) -> Self:
        """Published versions that start after this instant."""
        return self.lasting().filter(effective_from__gt=moment)

    def superseded(self, moment: datetime) -> Self:
        """Published versions that ended by this instant."""
        return self.lasting().filter(effective_until__lte=moment)


class Version(models.Model):
    """One state of a price list: a draft that people edit, or published and fixed for ever.

    effective_from, effective_until: the usage it prices, half-open; moved by `pricing_publish_v1` and
    `pricing_withdraw_v1` alone. A version that was withdrawn before it began ends where it starts.
    revision: counts the edits of a draft, so that a stale save is noticed.
    restores: the version whose prices this one publishes again.
    review: whose approval it was published by. needs_review: whether a rule asked for that.
    """

    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    based_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    restores = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    note = models.TextField(blank=True, default="", help_text="What this draft is for.")
    revision = models.PositiveIntegerField(default=0, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    effective_from = models.DateTimeField(null=True, blank=True, editable=False)
    effective_until = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    reason = models.TextField(blank=True, default="", editable=False)
    warnings = models.JSONField(blank=True, default=list, editable=False)
    needs_review = models.BooleanField(default=False, editable=False)
    review = models.ForeignKey(
        "pricing.Review", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = VersionQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["table", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["table", "number"],
                name="version_number_is_unique_in_its_table",
                violation_error_message="The table has a version of this number.",
            ),
            models.UniqueConstraint(
                fields=["table"],
                condition=Q(published_at=None, restores=None),
                name="table_has_one_draft",
                violation_error_message="The table has a draft already.",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="version_numbers_begin_with_one",
                violation_error_message="Versions count from 1.",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, effective_from=None, effective_until=None)
                | Q(published_at__isnull=False, effective_from__isnull=False),
                name="version_has_a_start_when_published",
                violation_error_message="A published version has a start, a draft has none.",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(effective_from__gte=F("published_at")),
                name="version_starts_no_earlier_than_published",
                violation_error_message="A version starts when it is published or later.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gte=F("effective_from")),
                name="version_never_ends_before_it_starts",
                violation_error_message="A version never ends before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(needs_review=False) | Q(review__isnull=False),
                name="version_that_needs_a_review_has_one",
                violation_error_message="A rule asks for a second person, and nobody has approved this content.",
            ),
            ExclusionConstraint(
                name="one_version_in_force_at_a_time",
                expressions=[
                    (
                        Func(F("table"), F("table"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("effective_from"), F("effective_until"), function="tstzrange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(published_at__isnull=False),
                violation_error_message="Another version of the table is in force at that time.",
            ),
        ]
        indexes = [models.Index(fields=["published_at"], name="version_by_publication")]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def is_withdrawn(self) -> bool:
        return self.effective_from is not None and self.effective_until == self.effective_from

    def state_at(self, moment: datetime) -> VersionState:
        """Draft, scheduled, live, superseded or withdrawn, as of `moment`."""
        if self.published_at is None or self.effective_from is None:
            return VersionState.DRAFT
        if self.is_withdrawn:
            return VersionState.WITHDRAWN
        if self.effective_from > moment:
            return VersionState.SCHEDULED
        if self.effective_until is not None and self.effective_until <= moment:
            return VersionState.SUPERSEDED
        return VersionState.LIVE
