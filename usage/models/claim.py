from django.db import models

from pricing.models import Product
from wallets.models import Account


class Claim(models.Model):
    """An idempotency key and the effect that claimed it, written in the effect's own transaction.

    fingerprint: SHA-256 of method, path and parsed body.
    """

    class Effect(models.TextChoices):
        DEBIT = "debit"
        REVERSAL = "reversal"
        GRANT = "grant"
        VOID = "void"
        EXTEND = "extend"
        TRANSFER = "transfer"
        CHECKOUT = "checkout"
        CHECKIN = "checkin"
        HOLD = "hold"
        RELEASE = "release"

    pk = models.CompositePrimaryKey("account", "product", "key")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    effect = models.CharField(max_length=10, choices=Effect.choices)
    effect_id = models.UUIDField()
    answer = models.JSONField(
        null=True, help_text="The first answer, of effects that keep no row of their own."
    )
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
