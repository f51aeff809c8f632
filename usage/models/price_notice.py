from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from pricing.models import Version
from usage.models.segment import SegmentTerms
from wallets.models import Account


class PriceNotice(models.Model):
    """An account is to be told that its prices change from an instant on. Written with the change, never changed.

    version: what was published; else segment_terms: where its segment moves.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="price_notices")
    version = models.ForeignKey(
        Version, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    segment_terms = models.ForeignKey(
        SegmentTerms, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(version=None) ^ Q(segment_terms=None),
                name="price_notice_is_of_one_change",
                violation_error_message="A notice is of a version or of a segment's move.",
            ),
            models.UniqueConstraint(
                fields=["account", "version", "segment_terms"],
                nulls_distinct=False,
                name="account_is_told_once_of_a_change",
                violation_error_message="The account is told of this already.",
            ),
        ]

    def __str__(self) -> str:
        return f"prices from {self.effective_from:%-d %b %Y}"
