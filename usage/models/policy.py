from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class Policy(models.Model):
    """How far an account may go below zero, from the moment it was recorded. A dated fact: never changed.

    overage_limit: tokens, none is without limit; of `block` it is 0.
    """

    class Mode(models.TextChoices):
        BLOCK = "block"
        OVERAGE = "overage"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="policies")
    mode = models.CharField(max_length=10, choices=Mode.choices)
    overage_limit = TokensField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="block", overage_limit=0)
                | Q(mode="overage", overage_limit=None)
                | Q(mode="overage", overage_limit__gte=0),
                name="policy_limit_fits_its_mode",
                violation_error_message="A block has no overage; an overage limit is zero or more.",
            ),
        ]

    def __str__(self) -> str:
        if self.mode == self.Mode.BLOCK:
            return "block"
        return (
            "unlimited overage"
            if self.overage_limit is None
            else f"overage up to {self.overage_limit.normalize():f}"
        )
