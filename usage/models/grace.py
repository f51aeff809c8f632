from django.db import models

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from usage.models.debit import Debit
from wallets.models import Account, Wallet


class Grace(MovedBySql):
    """A time beyond zero that a policy gave, from the first token beyond zero on. Moved by `usage/sql` alone.

    overdrawn_from: the entry of the wallet with which that overage began: one grace for each. purchases: how many there
    had been; a second grace needs more. ends_at: by the policy that judged it last. reached: the overage at which an
    amount of grace was used up. ended_at, ended_by: when it was noted that it is over, and why.
    """

    class End(models.TextChoices):
        TERM = "term"
        AMOUNT = "amount"
        ZERO = "zero"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="graces", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    overdrawn_from = models.BigIntegerField()
    purchases = models.BigIntegerField()
    debit = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    reached = TokensField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=6, choices=End.choices, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "wallet", "overdrawn_from"], name="grace_begins_once_an_overage"
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=models.Q(ended_at=None), name="grace_to_end"),
        ]

    def __str__(self) -> str:
        return f"grace from {self.started_at}"
