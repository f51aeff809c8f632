from datetime import datetime
from decimal import Decimal
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.wallet import Wallet


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, moment: datetime) -> Self:
        """Grants that usage at `moment` may draw from, whatever is left of them."""
        return self.filter(effective_at__lte=moment).filter(Q(expires_at=None) | Q(expires_at__gt=moment))

    def started(self) -> Self:
        """Grants that have come into force: what was voided before its start never does."""
        return self.filter(is_pending=False).exclude(voided_at__lt=F("effective_at"))

    def in_draw_order(self) -> Self:
        """The order in which usage burns grants."""
        return self.order_by(
            "priority",
            models.Case(models.When(features=[], then=1), default=0),
            F("expires_at").asc(nulls_last=True),
            "draw_cost",
            "effective_at",
            "created_at",
            "id",
        )


class Grant(MovedBySql):
    """Tokens handed out at once, with a kind, a life and a price. Moved by the functions in `wallets/sql` alone.

    tokens = remaining + spent + expired + voided; `held` is part of `remaining`.
    features: codes or patterns ending in `*`; none means every feature.
    draw_cost: what the customer paid for one token in the reporting currency, 0 where nothing was.
    is_open: something remains. is_pending: it has not come into force yet. is_bound: no transfer takes of it.
    The triggers of `wallets_shapes_v1` and `wallets_sums_v1` keep kind, priority, life and cost well
    formed and the sum right.
    """

    class Kind(models.TextChoices):
        PURCHASE = "purchase"
        TRIAL = "trial"
        PROMO = "promo"
        INCLUDED = "included"
        ADJUSTMENT = "adjustment"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="grants", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="grants", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    tokens = TokensField(checked=False)
    remaining = TokensField(checked=False)
    held = TokensField(checked=False, default=Decimal(0))
    spent = TokensField(checked=False, default=Decimal(0))
    expired = TokensField(checked=False, default=Decimal(0))
    voided = TokensField(checked=False, default=Decimal(0))
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    priority = models.SmallIntegerField(default=50)
    features = ArrayField(models.CharField(max_length=128), default=list)
    unit_cost = MoneyField(checked=False, null=True)
    currency = models.CharField(max_length=3, default="")
    exchange_rate = MoneyField(checked=False, null=True)
    draw_cost = models.DecimalField(max_digits=48, decimal_places=24, default=Decimal(0))
    reason = models.TextField(default="")
    external_id = models.CharField(max_length=255, null=True)
    is_open = models.BooleanField(default=True)
    is_pending = models.BooleanField(default=False)
    is_bound = models.BooleanField(default=False, db_default=False)
    voided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(
        max_length=150, default="", help_text="The person or the product that issued it."
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=Q(external_id__isnull=False),
                name="grant_external_id_is_unique_within_its_account",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "wallet"], condition=Q(is_open=True), name="grant_open_ones"),
            models.Index(
                fields=["wallet", "expires_at"], condition=Q(expired__gt=0), name="grant_with_lapsed_tokens"
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(is_open=True, expires_at__isnull=False),
                name="grant_to_expire",
            ),
            models.Index(fields=["effective_at"], condition=Q(is_pending=True), name="grant_to_start"),
            models.Index(fields=["wallet", "id"], name="grant_of_a_wallet"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tokens.normalize():f}"
