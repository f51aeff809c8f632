from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Greatest

from billing.models.order import Order
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class _OfAnOrder(models.Model):
    """What a line of an order, by its name and run, has come to."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="%(class)ss", db_constraint=False)
    line = models.CharField(max_length=128)
    run = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class OrderPeriod(_OfAnOrder):
    """One period of a line and what is paid for it; the only one where it is paid for once.

    month_ends: of the months of a year in which tokens come by the month, as far as these have been given.
    is_by_months: each month costs a twelfth of the year, whatever its days; else the year is prorated by its time.
    agreed: by its versions, by the time where the line changed in mid-period. amount: what is due. It is no less than
    what was paid for tokens that stay, though less was agreed then. version: the last by which it changed.
    """

    amount = MoneyField()
    agreed = MoneyField()
    month_ends = ArrayField(models.DateTimeField(), default=list)
    is_by_months = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    version = models.BigIntegerField()

    class Meta:
        ordering = ["order", "line", "run", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "order", "line", "run", "number"], name="order_line_has_a_period_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, agreed__gte=0), name="order_period_costs_nothing_or_more"
            ),
            models.CheckConstraint(condition=Q(month_ends__len__lte=12), name="order_year_has_twelve_months"),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], condition=Q(ends_at__isnull=False), name="order_period_by_its_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.number}"


class Portion(_OfAnOrder):
    """The tokens of one part of a line in one period, or of what is given once.

    part: the part's key. month: of its period, from 0, where it is given by the month of a year.
    wanted: what the present version comes to. tokens: what was granted and not taken back; more than is wanted where it
    was spent or held already. due, paid: money that the wanted tokens and those there cost; what is paid is in the
    currency's smallest amount, as revenue has it, and more than is due where tokens stay that cost more.
    terms: kind, unit, start, expiry, priority and features of its grants.
    missed: its tokens would have expired before anybody could give them.
    """

    part = models.CharField(max_length=2000)
    month = models.PositiveSmallIntegerField(null=True)
    wanted = TokensField()
    tokens = TokensField()
    due = MoneyField()
    paid = MoneyField()
    listed = MoneyField()
    currency = models.CharField(max_length=3)
    terms = models.JSONField()
    is_missed = models.BooleanField(default=False)
    version = models.BigIntegerField()

    class Meta:
        ordering = ["order", "line", "run", "number", "part", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "order", "line", "run", "part", "number", "month"],
                nulls_distinct=False,
                name="order_part_has_a_portion_once",
            ),
            models.CheckConstraint(
                condition=Q(month=None) | Q(month__range=(0, 11)), name="order_portion_is_of_a_month"
            ),
            models.CheckConstraint(
                condition=Q(wanted__gte=0, tokens__gte=0, due__gte=0, paid__gte=0, listed__gte=0),
                name="order_portion_is_not_negative",
            ),
        ]
        indexes = [
            models.Index(
                Greatest(
                    "starts_at",
                    Func("id", function="uuid_extract_timestamp", output_field=models.DateTimeField()),
                ),
                name="order_portion_by_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} of {self.line}"


class OrderGrant(models.Model):
    """A grant by which a portion was given.

    paid: what was ever asked for it. taken, taken_paid: tokens that the order took back, and money that it gives back.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    portion = models.ForeignKey(Portion, on_delete=models.PROTECT, related_name="grants", db_constraint=False)
    grant_id = models.UUIDField()
    number = models.PositiveIntegerField()
    tokens = TokensField()
    paid = MoneyField()
    taken = TokensField()
    taken_paid = MoneyField()

    class Meta:
        ordering = ["portion", "number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "grant_id"], name="order_gives_a_grant_once"),
            models.UniqueConstraint(
                fields=["account", "portion", "number"], name="order_portion_counts_its_grants"
            ),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=models.F("tokens"), taken_paid__gte=0),
                name="order_takes_back_what_it_gave",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} tokens"


class PushedTerm(models.Model):
    """What all active lines of an account add up to, as it was last pushed down: of one kind and pattern.

    told: the orders' own part. before: what there was until then, where it is put in its place. facts: the ids of the
    dated facts by which it was pushed; what else there is, people set.
    """

    class Kind(models.TextChoices):
        SEATS = "seats"
        ALLOWANCE = "allowance"
        ACCESS = "access"
        RATE_TABLE = "rate_table"
        POLICY = "policy"
        ENTITLEMENTS = "entitlements"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    pattern = models.CharField(max_length=128, default="")
    told = models.JSONField(null=True)
    before = models.JSONField(null=True)
    facts = ArrayField(models.UUIDField(), default=list)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "pattern"], name="order_pushes_a_term_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}".strip()


class OrderClock(models.Model):
    """When something changes next by an account's orders. None: nothing will. reconciled_at: the last look at it."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", primary_key=True, db_constraint=False
    )
    next_change_at = models.DateTimeField(null=True)
    reconciled_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_change_at"],
                condition=Q(next_change_at__isnull=False),
                name="order_clock_next",
            )
        ]

    def __str__(self) -> str:
        return f"{self.next_change_at}"
