from django.db import models
from django.db.models import Q, TextField
from django.db.models.functions import MD5, Cast

from config.kernel.fields import QuantityField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Feature
from wallets.models import Account


class TierCount(MovedBySql):
    """Units that a month charged of a feature by one row pattern, whatever the rate table. Moved by `usage/sql` alone.

    pattern, dimensions: of the rates that count here. month: by its first day, in the account's time zone.
    units: charged and not covered, less those of debits that were reversed whole.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    pattern = models.CharField(max_length=128)
    dimensions = models.JSONField(default=dict)
    units = QuantityField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "account",
                "month",
                "feature",
                "pattern",
                MD5(Cast("dimensions", TextField())),
                name="units_of_a_month_are_counted_once",
            ),
            models.CheckConstraint(condition=Q(units__gte=0), name="counted_units_are_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.units.normalize():f} in {self.month:%B %Y}"
