"""Roll-ups of usage: what debits, reversals and refusals come to, added up by account, mix and time."""

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from wallets.models import Account


def _sum(places: int) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=60, decimal_places=places)


class Series(models.IntegerChoices):
    """By which instant usage is counted, and whether the subject tells it apart."""

    OCCURRED = 1, "by when it occurred"
    RECORDED = 2, "by when it was recorded"
    OCCURRED_BY_SUBJECT = 3, "by when it occurred, by subject"
    RECORDED_BY_SUBJECT = 4, "by when it was recorded, by subject"


class UsageMix(MovedBySql):
    """What usage of one account is told apart by. The id follows from the content.

    feature_id: 0 where a refusal names none; unit_id: 0 of refusals. cost_currency: empty is the reporting one.
    user, team: in the series by subject alone.
    """

    pk = models.CompositePrimaryKey("account", "id")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    id = models.UUIDField(editable=False)
    product_id = models.BigIntegerField()
    feature_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    cost_currency = models.CharField(max_length=3)
    dimensions = models.JSONField()
    user = models.TextField(null=True)
    team = models.TextField(null=True)

    def __str__(self) -> str:
        return f"feature {self.feature_id}"


class UsageFigures(MovedBySql):
    """Sums of usage as it stands: what was given back whole is taken off, of what was given back in part the tokens.

    covered: units that allowances covered. cost: in the currency of the mix. uncosted: units of which no cost is known.
    calls: debits, each counted at its first item. items: lines of debits. refused: refusals, with their repeats.
    """

    quantity = _sum(9)
    covered = _sum(9)
    tokens = _sum(6)
    cost = _sum(21)
    uncosted = _sum(9)
    calls = models.BigIntegerField()
    items = models.BigIntegerField()
    refused = models.BigIntegerField()

    class Meta:
        abstract = True


class UsageSlot(UsageFigures):
    """Usage of one mix in a quarter of an hour of UTC: every time zone's hours and days are made of them."""

    pk = models.CompositePrimaryKey("account", "series", "slot_at", "mix_id")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    series = models.SmallIntegerField(choices=Series.choices)
    slot_at = models.DateTimeField()
    mix_id = models.UUIDField()

    class Meta:
        indexes = [BrinIndex(fields=["slot_at"], pages_per_range=32, name="usage_slot_by_its_time")]

    def __str__(self) -> str:
        return f"{self.slot_at:%Y-%m-%d %H:%M}"


class UsageDay(UsageFigures):
    """Usage of one mix in a day of UTC, kept for ever."""

    pk = models.CompositePrimaryKey("account", "series", "day", "mix_id")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    series = models.SmallIntegerField(choices=Series.choices)
    day = models.DateField()
    mix_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["series", "day"], name="usage_day_of_all_accounts")]

    def __str__(self) -> str:
        return str(self.day)


class UsageTotal(UsageFigures):
    """Usage of all accounts in a day of UTC, by feature, kept for ever."""

    pk = models.CompositePrimaryKey("series", "day", "product_id", "feature_id", "unit_id", "cost_currency")
    series = models.SmallIntegerField(choices=Series.choices)
    day = models.DateField()
    product_id = models.BigIntegerField()
    feature_id = models.BigIntegerField()
    unit_id = models.BigIntegerField()
    cost_currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return str(self.day)


class RollUps(MovedBySql):
    """How far usage is rolled up. One row, which is locked by whoever rolls.

    home: the database that `since` and `until` are of. since: every transaction with a lower number is taken.
    until: where the open reading ends; none between readings. floor_at: no row that is left was made before it.
    seen, seen_at: the transaction that opened the last reading, and when it began. slots_since: before it only days are
    kept.
    """

    id = models.SmallIntegerField(primary_key=True)
    home = models.TextField()
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True)
    floor_at = models.DateTimeField()
    next_floor_at = models.DateTimeField()
    seen = models.BigIntegerField()
    seen_at = models.DateTimeField()
    debits_reached = models.UUIDField()
    reversals_reached = models.UUIDField()
    are_debits_read = models.BooleanField()
    slots_since = models.DateTimeField()

    class Meta:
        verbose_name_plural = "roll-ups"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="roll_ups_are_one_row")]

    def __str__(self) -> str:
        return f"rolled up until {self.floor_at:%Y-%m-%d %H:%M:%S}"


class RefusalNote(MovedBySql):
    """That a refusal happened or was repeated `count` times, until the roll-ups have it."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    denial_id = models.UUIDField()
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.count} refused"
