from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from pricing.models import RateTable, Version
from wallets.models import Account


class PriceLock(models.Model):
    """An account stays on a version of a rate table, for usage until an instant, whatever is published.

    A dated fact: never changed. The latest for a table holds, from its start on; one without a version ends it.
    It holds only while the account pays by that table.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="price_locks")
    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(
        Version, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(version=None, effective_until=None)
                | Q(version__isnull=False, effective_until__gt=F("effective_from")),
                name="price_lock_ends",
                violation_error_message="A price lock has an end after its start.",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("recorded_at")),
                name="price_lock_changes_nothing_past",
                violation_error_message="A price lock holds from now or later.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="price_lock_has_a_reason",
                violation_error_message="A price lock needs a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} until {self.effective_until}"
