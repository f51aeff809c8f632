"""Reconciliation: what was compared for which days, what each day came to, and where the books differ."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q

from billing.rules import reconciling
from billing.rules.sales_compared import words_of
from config.kernel.fields import MoneyField, SumOfTokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account, TokenUnit

NOTHING = Decimal(0)


class Reconciliation(models.Model):
    """One run over days of UTC, by when things were recorded. It goes on where a worker stopped.

    first_day, last_day: both included. next_day: the first that is still to be compared. found, open: how many gaps it
    found, and how many of these are open. asked_by: empty for the nightly one.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = uuid7_key()
    first_day = models.DateField()
    last_day = models.DateField()
    next_day = models.DateField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    asked_by = models.CharField(max_length=150, default="")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    found = models.IntegerField(default=0)
    fault = models.TextField(default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day"), next_day__gte=F("first_day")),
                name="reconciliation_is_of_days",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], finished_at=None)
                | Q(state__in=["done", "failed"], finished_at__isnull=False),
                name="reconciliation_is_under_way_or_over",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(state__in=["waiting", "running"]), name="reconciliation_under_way"
            ),
        ]

    def __str__(self) -> str:
        if self.first_day == self.last_day:
            return f"{self.first_day:%-d %B %Y}"
        return f"{self.first_day:%-d %b} – {self.last_day:%-d %b %Y}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    @property
    def days_done(self) -> int:
        return min((self.next_day - self.first_day).days, self.days)

    @property
    def percent(self) -> int:
        return self.days_done * 100 // self.days


class ReconciledDay(models.Model):
    """One day as it was compared last. events: accepted; of these booked, and waiting still."""

    day = models.DateField(primary_key=True)
    run = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="+", db_index=False)
    reconciled_at = models.DateTimeField()
    events = models.BigIntegerField(default=0)
    booked = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%-d %B %Y}"


class ReconciledSum(models.Model):
    """What a day came to in one token unit, once by each of the books.

    debits, entries: tokens charged, by usage and by the ledger. given_back, restored: by reversals and by the ledger.
    ordered, granted: tokens that orders gave, by orders and by the ledger. overage: of the day's debits, of which
    invoiced is on final invoices, repaid by purchases, reversed given back, and the rest is to be invoiced.
    """

    day = models.ForeignKey(ReconciledDay, on_delete=models.CASCADE, related_name="sums", db_index=False)
    unit = models.CharField(max_length=16)
    charges = models.BigIntegerField(default=0)
    debits = SumOfTokensField(default=NOTHING)
    entries = SumOfTokensField(default=NOTHING)
    given_back = SumOfTokensField(default=NOTHING)
    restored = SumOfTokensField(default=NOTHING)
    ordered = SumOfTokensField(default=NOTHING)
    granted = SumOfTokensField(default=NOTHING)
    overage = SumOfTokensField(default=NOTHING)
    invoiced = SumOfTokensField(default=NOTHING)
    repaid = SumOfTokensField(default=NOTHING)
    reversed = SumOfTokensField(default=NOTHING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "unit"], name="day_comes_to_one_sum_a_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.unit}"

    @property
    def to_be_invoiced(self) -> Decimal:
        left: Decimal = self.overage - self.invoiced - self.repaid - self.reversed
        return left

    @property
    def difference(self) -> Decimal:
        """By how much the books differ in tokens of charges, reversals and orders together."""
        pairs = (
            (self.debits, self.entries),
            (self.given_back, self.restored),
            (self.ordered, self.granted),
        )
        return sum((abs(one - other) for one, other in pairs), NOTHING)


class GapQuerySet(models.QuerySet["Gap"]):
    def open(self) -> Self:
        """Gaps that nothing has closed."""
        return self.filter(state=Gap.State.OPEN)

    def of_days(self, first: date, last: date) -> Self:
        """Gaps of these days, both included."""
        return self.filter(day__gte=first, day__lte=last)

    def with_money(self) -> Self:
        """With `is_money`: whether a gap is one of money, not of tokens or of things that are counted."""
        units = TokenUnit.objects.filter(code=OuterRef("measure"))
        is_money = Q(measure__regex="^[A-Z]{3}$") & ~Exists(units)
        return self.annotate(is_money=ExpressionWrapper(is_money, output_field=BooleanField()))


class Gap(models.Model):
    """One thing of one day of which two books say something else: one row a kind, subject and day, for good.

    subject: the identity of what they differ about. ours: what the book that came first says; theirs: what the other
    does. measure: a token unit, a currency, or what else is counted. how: it closed, where it is closed.
    correction, correction_id: the entry by which it was put right, in its own books.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    class How(models.TextChoices):
        ITSELF = "itself", "by itself"
        RESENT = "resent", "sent again"
        CORRECTED = "corrected", "a correction entry"
        ACCEPTED = "accepted", "accepted for a reason"

    class Correction(models.TextChoices):
        REVERSAL = "reversal", "Reversal of a debit"
        GRANT = "grant", "Grant or adjustment"
        CREDIT_NOTE = "credit_note", "Credit note"

    id = uuid7_key()
    kind = models.CharField(max_length=14, choices=reconciling.KINDS)
    subject = models.CharField(max_length=200)
    day = models.DateField()
    customer = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    ours = MoneyField(null=True)
    theirs = MoneyField(null=True)
    measure = models.CharField(max_length=16)
    said = models.TextField(default="")
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    how = models.CharField(max_length=9, choices=How.choices, default="")
    reason = models.TextField(default="")
    correction = models.CharField(max_length=11, choices=Correction.choices, default="")
    correction_id = models.UUIDField(null=True)
    closed_by = models.CharField(max_length=150, default="")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    is_money: bool
    """Where it was read `with_money`."""

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["day", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "day"], name="gap_is_one_row_a_day"),
            models.CheckConstraint(
                condition=Q(state="open", how="", closed_at=None, closed_by="", correction="")
                | Q(state="closed", how__in=["itself", "resent"], closed_at__isnull=False)
                | Q(state="closed", how__in=["accepted", "corrected"], closed_at__isnull=False)
                & ~Q(reason="")
                & ~Q(closed_by=""),
                name="gap_is_open_or_closed_somehow",
                violation_error_message="A gap that somebody closes has a reason.",
            ),
            models.CheckConstraint(
                condition=Q(how="corrected", correction_id__isnull=False) & ~Q(correction="")
                | ~Q(how="corrected") & Q(correction_id=None, correction=""),
                name="gap_is_corrected_by_an_entry",
                violation_error_message="Say by which entry it was corrected.",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "id"], condition=Q(state="open"), name="gap_that_is_open"),
            models.Index(fields=["day", "kind"], name="gap_of_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.day:%-d %b %Y}"

    @property
    def is_open(self) -> bool:
        return self.state == Gap.State.OPEN

    @property
    def how_it_closed(self) -> str:
        """In words; empty while it is open."""
        return words_of(self.subject, self.how, self.get_how_display())

    @property
    def difference(self) -> Decimal:
        """What the other book has less than the first."""
        return (self.ours or NOTHING) - (self.theirs or NOTHING)


class GapNote(models.Model):
    """What became of a gap, and who did it; empty where a run did. Written once."""

    class Verb(models.TextChoices):
        FOUND = "found"
        CHANGED = "changed", "found with other figures"
        GONE = "gone", "gone at the next run"
        AGAIN = "again", "found again"
        ASKED = "asked", "to be sent again"
        STAYS = "stays", "sent again, and still there"
        RESENT = "resent", "sent again"
        CORRECTED = "corrected"
        ACCEPTED = "accepted"

    id = uuid7_key()
    gap = models.ForeignKey(Gap, on_delete=models.PROTECT, related_name="notes")
    verb = models.CharField(max_length=9, choices=Verb.choices)
    said = models.TextField(default="")
    by = models.CharField(max_length=150, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """What became of it, in words."""
        return words_of(self.gap.subject, self.verb, self.get_verb_display())
