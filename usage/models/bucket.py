from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from usage.rules.climbing import SCALE
from wallets.models import Account


class Bucket(MovedBySql):
    """What a throttle of an account has left, as of the call that took last. Moved by `usage/sql` alone.

    code: whose policy, what it measures, the share it holds from, and the unit where it measures tokens. per_minute:
    what it can hold, calls or tokens. level: what was left, times SCALE; usage that is never refused may take it below
    zero. One that was never taken from is full.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    code = models.CharField(max_length=200)
    per_minute = models.DecimalField(max_digits=24, decimal_places=6)
    level = models.DecimalField(max_digits=48, decimal_places=6)
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "code"], name="bucket_of_an_account_once"),
            models.CheckConstraint(
                condition=Q(level__lte=F("per_minute") * SCALE), name="bucket_is_never_over_its_cap"
            ),
        ]

    def __str__(self) -> str:
        return self.code
