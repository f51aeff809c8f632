from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models.account import Account


class Zone(MovedBySql):
    """The time zone at whose local midnights an account's months begin. A dated fact, written when the account changes.

    counts_from: the end of the month in which the zone was changed; none is always, for the first one.
    first_month: the month that begins then, by its first day.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="zones", db_index=False)
    time_zone = models.CharField(max_length=64)
    counts_from = models.DateTimeField(null=True)
    first_month = models.DateField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "counts_from"], name="zone_of_an_account")]
        constraints = [
            models.CheckConstraint(
                condition=Q(counts_from=None, first_month=None)
                | Q(counts_from__isnull=False, first_month__isnull=False),
                name="zone_begins_with_a_month",
                violation_error_message="A time zone counts from the beginning of a month.",
            ),
        ]

    def __str__(self) -> str:
        return self.time_zone
