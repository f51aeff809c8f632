from decimal import Decimal
from typing import Self

from django.db import models

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.token_unit import TokenUnit


class WalletQuerySet(models.QuerySet["Wallet"]):
    def overdrawn(self) -> Self:
        """Wallets that owe tokens."""
        return self.filter(overage__gt=0)


class Wallet(MovedBySql):
    """What an account holds in one token unit. Moved by the functions in `wallets/sql` alone.

    balance: ledger balance, the sum of the grants' remainders less overage.
    floor: the lowest that overage may take it: 0 blocks, -100 leaves room for 100, none is without limit.
    last_number: of the ledger entry written last; numbers have no gap.
    overage_held: room for overage that holds keep; what is spent beyond grants may not take it.
    next_due_at: when the next thing is due that waits for its time: the start of a grant or the end of a hold.
    stocked: what was available when the last grant came into force, after it had repaid overage; none before the first.
    starts: how many grants have come into force. bought, purchases: tokens of the last purchase that did, and how many.
    overdrawn_from: number of the entry with which the present overage began, 0 without any.
    empty_since: `starts` as they stood when it was noted that nothing is available, 0 where nothing ever was; none
    where something was when it was last noted.
    The triggers of `wallets_shapes_v1` and `wallets_sums_v1` keep the floor at or below zero and what
    is owed within the overage.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="wallets", db_index=False)
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", db_index=False)
    balance = TokensField(checked=False, default=Decimal(0))
    held = TokensField(checked=False, default=Decimal(0))
    overage = TokensField(checked=False, default=Decimal(0))
    last_number = models.BigIntegerField(default=0)
    floor = TokensField(checked=False, null=True, default=Decimal(0))
    overage_held = TokensField(checked=False, default=Decimal(0))
    next_due_at = models.DateTimeField(null=True)
    stocked = models.DecimalField(max_digits=36, decimal_places=6, null=True)
    starts = models.BigIntegerField(db_default=0)
    bought = TokensField(checked=False, null=True)
    purchases = models.BigIntegerField(db_default=0)
    overdrawn_from = models.BigIntegerField(db_default=0)
    empty_since = models.BigIntegerField(null=True, db_default=0)

    objects = WalletQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "unit"], name="one_wallet_a_unit"),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=models.Q(empty_since__gt=0),
                name="wallet_noted_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"wallet {self.pk}"
