from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from config.kernel.fields import QuantityField, TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from usage.models.budget import Budget
from usage.models.hold import HoldRequest
from wallets.models import Account


class HoldBudget(MovedBySql):
    """Room that a hold keeps in a budget, for one value of what it is counted by. Moved by `usage/sql` alone.

    tokens: of its lines, as estimated. kept: what of them its captures have not taken yet; counts while the hold is
    open.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    hold = models.ForeignKey(
        HoldRequest, on_delete=models.PROTECT, related_name="budgets", db_constraint=False
    )
    budget = models.ForeignKey(
        Budget, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    value = models.CharField(max_length=128)
    window_start = models.DateField()
    lines = ArrayField(models.SmallIntegerField())
    tokens = TokensField()
    kept = TokensField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kept__gte=0, kept__lte=F("tokens")), name="hold_keeps_no_more_of_a_budget"
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "budget", "value", "window_start"],
                condition=Q(kept__gt=0),
                name="hold_room_in_a_budget",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept.normalize():f} kept"


class HoldCover(MovedBySql):
    """Units that a hold keeps in a window of an allowance. Moved by `usage/sql` alone.

    units: that covered its lines, as estimated. kept: what of them its captures have not used yet; counts while the
    hold is open.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    hold = models.ForeignKey(
        HoldRequest, on_delete=models.PROTECT, related_name="covers", db_constraint=False
    )
    pattern = models.CharField(max_length=128)
    period = models.CharField(max_length=5)
    window_start = models.DateField()
    units = QuantityField()
    kept = QuantityField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kept__gte=0, kept__lte=F("units"), units__gt=0),
                name="hold_keeps_no_more_of_an_allowance",
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "pattern", "period", "window_start"],
                condition=Q(kept__gt=0),
                name="hold_room_in_an_allowance",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept.normalize():f} kept"
