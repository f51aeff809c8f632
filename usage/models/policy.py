from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from usage.models.ladder_step import LadderStep
from wallets.models import Account


class PolicyMode(models.TextChoices):
    BLOCK = "block"
    OVERAGE = "overage"
    NONE = "none", "as the policies that accounts share say"


LIMIT_FITS_ITS_MODE = (
    Q(mode__in=["block", "none"], overage_limit=0)
    | Q(mode="overage", overage_limit=None)
    | Q(mode="overage", overage_limit__gte=0)
)


def spelt(mode: str, overage_limit: object) -> str:
    """What a policy says to what grants do not pay, in a few words."""
    if mode != PolicyMode.OVERAGE:
        return "block" if mode == PolicyMode.BLOCK else "none of its own"
    return "unlimited overage" if overage_limit is None else f"overage up to {overage_limit:f}"


class Policy(models.Model):
    """What holds for an account from the moment it was recorded: a ladder of steps. A dated fact: never changed.

    mode: what becomes of what grants do not pay; `none` says that the account has no policy of its own.
    overage_limit: tokens, none is without limit; 0 where the mode is not overage. Steps say the rest.
    """

    Mode = PolicyMode

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="policies")
    mode = models.CharField(max_length=10, choices=PolicyMode.choices)
    overage_limit = TokensField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                condition=LIMIT_FITS_ITS_MODE,
                name="policy_limit_fits_its_mode",
                violation_error_message="A block has no overage; an overage limit is zero or more.",
            ),
        ]

    def __str__(self) -> str:
        return spelt(self.mode, self.overage_limit and self.overage_limit.normalize())


class PolicyStep(LadderStep):
    """A step of an account's own policy."""

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="steps", db_constraint=False)

    class Meta(LadderStep.Meta):
        pass
