from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from usage.models.debit import Debit
from wallets.models import Account


class BeyondPolicy(MovedBySql):
    """The mark on a debit whose overage the policy would have refused: its usage was reported when it was over.

    tokens: of its overage, so many past the floor.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    debit = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tokens = TokensField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "beyond policy"
        constraints = [
            models.UniqueConstraint(fields=["account", "debit"], name="debit_is_marked_once"),
            models.CheckConstraint(condition=Q(tokens__gt=0), name="beyond_policy_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} beyond policy"
