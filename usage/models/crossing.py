from django.db import models

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from usage.models.debit import Debit
from wallets.models import Account


class Crossing(MovedBySql):
    """A limit that was reached, noted in the transaction that reached it, and once: a fact that news are made of.

    name: as callers are told, such as `budget:team` or `threshold:80`. once: what it is noted once for.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="crossings", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    once = models.CharField(max_length=200)
    debit = models.ForeignKey(
        Debit,
        null=True,
        on_delete=models.PROTECT,
        related_name="crossings",
        db_index=False,
        db_constraint=False,
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "once"], name="crossing_is_noted_once")]
        indexes = [models.Index(fields=["account", "-recorded_at"], name="crossing_latest_first")]

    def __str__(self) -> str:
        return self.name
