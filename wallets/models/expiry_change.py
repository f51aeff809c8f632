from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account
from wallets.models.grant import Grant
from wallets.models.wallet import Wallet


class ExpiryChange(MovedBySql):
    """A grant was given another expiry: written once, so that any past instant is judged by the one that held then.

    expires_before, expires_after: none is never. after_number: of the wallet's last ledger entry before it.
    cause_id: names the act.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    grant = models.ForeignKey(
        Grant, on_delete=models.PROTECT, related_name="expiry_changes", db_index=False, db_constraint=False
    )
    expires_before = models.DateTimeField(null=True)
    expires_after = models.DateTimeField(null=True)
    after_number = models.BigIntegerField()
    cause_id = models.UUIDField()
    reason = models.TextField(default="")
    changed_by = models.CharField(max_length=150, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_before=None, expires_after__isnull=False)
                | Q(expires_before__isnull=False, expires_after=None)
                | Q(expires_before__isnull=False, expires_after__isnull=False)
                & ~Q(expires_before=F("expires_after")),
                name="expiry_change_changes_it",
                violation_error_message="A change of an expiry changes it.",
            ),
        ]
        indexes = [models.Index(fields=["grant", "id"], name="expiry_change_of_a_grant")]

    def __str__(self) -> str:
        return f"{self.expires_before} to {self.expires_after}"
