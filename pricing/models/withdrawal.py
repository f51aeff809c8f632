from __future__ import annotations

from django.conf import settings
from django.db import models

from config.kernel.readonly import MovedBySql
from pricing.models.version import Version


class Withdrawal(MovedBySql):
    """That a version was taken back before it began: when, by whom, why. Written by `pricing_withdraw_v1` alone."""

    version = models.OneToOneField(Version, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.version_id} withdrawn"
