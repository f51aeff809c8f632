from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Product
from wallets.models import Account


class Denial(MovedBySql):
    """A refusal by policy: demand that was not met. Repeats within a minute raise `count`.

    reason: an outcome word, such as insufficient_tokens. figures: what was judged, amounts as text.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="denials", db_index=False)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    feature = models.CharField(max_length=128)
    reason = models.CharField(max_length=40)
    key = models.CharField(max_length=255, null=True)
    request = models.JSONField()
    figures = models.JSONField()
    count = models.IntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = "refusal"
        constraints = [models.CheckConstraint(condition=Q(count__gt=0), name="denial_happened")]
        indexes = [
            models.Index(fields=["account", "-last_at"], name="denial_latest_first"),
            BrinIndex(fields=["first_at"], pages_per_range=32, name="denial_by_its_time"),
            models.Index(
                fields=["account", "product", "key"], condition=Q(key__isnull=False), name="denial_of_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} ×{self.count}"
