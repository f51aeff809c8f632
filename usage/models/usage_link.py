from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key

HASH_BYTES = 32


class UsageLinkQuerySet(models.QuerySet["UsageLink"]):
    def open(self, moment: datetime) -> Self:
        """Links that still open something."""
        return self.filter(revoked_at=None, expires_at__gt=moment)


class UsageLink(models.Model):
    """A page of usage for whoever holds its address, without a user, until it ends or is taken back.

    secret_hash: SHA-256 of what the address carries, which is kept nowhere. query: the page's filters, frozen.
    minute_at, looks: the minute that is being counted, and how often the page was asked for in it.
    Nothing but the end, the last look and the count of looks is ever written after it was made.
    """

    id = uuid7_key()
    title = models.CharField(max_length=200)
    secret_hash = models.BinaryField(max_length=HASH_BYTES, unique=True)
    query = models.JSONField()
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    revoke_reason = models.TextField(default="")
    last_seen_at = models.DateTimeField(null=True)
    minute_at = models.DateTimeField(null=True)
    looks = models.PositiveIntegerField(default=0)

    objects = UsageLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "usage link"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")),
                name="usage_link_ends_after_it_was_made",
                violation_error_message="A link ends after it was made.",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(reason=""),
                name="usage_link_says_what_and_why",
                violation_error_message="A link has a title and a reason.",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revoke_reason="")
                | Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoke_reason=""),
                name="usage_link_is_revoked_by_somebody_for_a_reason",
                violation_error_message="Who takes a link back says why.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def state_at(self, moment: datetime) -> str:
        """open, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= moment else "open"
