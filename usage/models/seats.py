from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Feature, Product
from pricing.models.rate import FEATURE_PATTERN
from usage.models.api_key import ApiKey
from usage.models.debit import Debit
from wallets.models import Account


class Seats(models.Model):
    """How many seats of a feature an account has without paying tokens for each. A dated fact: never changed.

    The latest for a feature or pattern holds, from its start on. seats: none ends it.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="seats")
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    seats = models.PositiveIntegerField(null=True, blank=True)
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="", blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        verbose_name_plural = "seats"
        constraints = [
            models.CheckConstraint(
                condition=Q(pattern__regex=FEATURE_PATTERN),
                name="seats_name_a_feature_or_a_pattern",
                violation_error_message="Seats name a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("recorded_at")),
                name="seats_change_nothing_past",
                violation_error_message="Seats hold from now or later.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="seats_end_after_they_start",
                violation_error_message="Seats end after they start.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} of {self.pattern}"


class Checkout(MovedBySql):
    """A seat that is taken. Moved by `usage/sql` alone.

    pool: the pattern whose seats it is one of; empty where there are none. person: the subject's user.
    alive_until: when it ends unless there is a sign of life. charged_until: of an overflow seat, what is paid.
    heartbeat: seconds, by the rate of its making. interval, refunds: by the rate of the interval that it is in, in
    seconds. intervals: how many were begun.
    """

    class Seat(models.TextChoices):
        BASE = "base"
        OVERFLOW = "overflow"

    class End(models.TextChoices):
        OPEN = "", "open"
        CHECKIN = "checkin", "checked in"
        LOST = "lost", "no sign of life"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="checkouts", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    person = models.CharField(max_length=128, default="")
    subject = models.JSONField(null=True)
    metadata = models.JSONField(null=True)
    dimensions = models.JSONField(default=dict)
    pool = models.CharField(max_length=128, default="")
    seat = models.CharField(max_length=8, choices=Seat.choices)
    interval = models.IntegerField()
    heartbeat = models.IntegerField()
    refunds = models.BooleanField()
    intervals = models.IntegerField(default=0)
    started_at = models.DateTimeField()
    last_beat_at = models.DateTimeField()
    alive_until = models.DateTimeField()
    charged_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=7, choices=End.choices, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "feature", "person"],
                condition=Q(ended_at=None) & ~Q(person=""),
                name="person_has_one_seat_of_a_feature",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="checkout_ends_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(ended_at=None), name="checkout_open"),
            models.Index(fields=["alive_until"], condition=Q(ended_at=None), name="checkout_to_end"),
            models.Index(fields=["account", "-started_at"], name="checkout_latest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.seat} seat"


class CheckoutMove(MovedBySql):
    """Which seat a checkout took at an instant: base, overflow, or none where it ended. Written once."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    checkout = models.ForeignKey(
        Checkout, on_delete=models.PROTECT, related_name="moves", db_constraint=False
    )
    seat = models.CharField(max_length=8, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "at"], name="checkout_moves_in_order")]

    def __str__(self) -> str:
        return self.seat or "ended"


class CheckoutCharge(MovedBySql):
    """One interval of an overflow seat. debit: none where its person had been charged within the time of the rate."""

    pk = models.CompositePrimaryKey("checkout", "account", "number")
    checkout = models.ForeignKey(
        Checkout, on_delete=models.PROTECT, related_name="charges", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    number = models.IntegerField()
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    person = models.CharField(max_length=128, default="")
    debit = models.ForeignKey(
        Debit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="interval_has_a_length")
        ]
        indexes = [
            models.Index(
                fields=["account", "feature", "person", "-begins_at"],
                condition=Q(debit__isnull=False) & ~Q(person=""),
                name="person_charged_last",
            ),
            models.Index(fields=["debit"], condition=Q(debit__isnull=False), name="interval_of_a_debit"),
        ]

    def __str__(self) -> str:
        return f"interval {self.number}"
