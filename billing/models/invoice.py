from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q

from billing.models.overage_rate import OverageRate
from config.kernel.fields import MoneyField, QuantityField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def drafts(self) -> Self:
        """Invoices that somebody is still to look at."""
        return self.filter(state=Invoice.State.DRAFT)

    def final(self) -> Self:
        """Invoices that were issued: they never change."""
        return self.filter(state=Invoice.State.FINAL)


class Invoice(models.Model):
    """What a customer owes in money for a month, in one currency: a draft until somebody finalises it, then for good.

    period: the first day of the month, in the account's time zone. A draft's overage is what is open at present; its
    lines are written when it becomes final. total: of the lines, at finalising; of a draft what it came to when it
    was last reckoned. seller, buyer: what stood at the head. It carries the seller's own number, of all customers' one.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        FINAL = "final"
        VOID = "void"

    id = uuid7_key()
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    period = models.DateField()
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=5, choices=State.choices, default=State.DRAFT)
    total = MoneyField(default=0)
    year = models.SmallIntegerField(null=True)
    sequence = models.IntegerField(null=True)
    issued_on = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)
    finalised_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "period", "currency"],
                name="invoice_is_made_once_a_period",
                violation_error_message="This customer has an invoice of this period in this currency.",
            ),
            models.UniqueConstraint(fields=["year", "sequence"], name="invoice_numbers_never_repeat"),
            models.CheckConstraint(
                condition=Q(
                    state="final",
                    year__isnull=False,
                    sequence__gte=1,
                    issued_at__isnull=False,
                    issued_on__isnull=False,
                )
                & ~Q(finalised_by="")
                | Q(
                    state__in=["draft", "void"],
                    year=None,
                    sequence=None,
                    issued_at=None,
                    issued_on=None,
                    finalised_by="",
                ),
                name="invoice_has_a_number_once_it_is_final",
                violation_error_message="A final invoice has a number, a date and its finaliser; a draft has none.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="invoice_is_in_a_currency"
            ),
            models.CheckConstraint(condition=Q(period__day=1), name="invoice_is_of_a_month"),
        ]
        indexes = [
            models.Index(fields=["state", "period"], name="invoice_by_its_state"),
            models.Index(
                fields=["issued_at"], condition=Q(issued_at__isnull=False), name="invoice_by_its_time"
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"draft of {self.period:%B %Y}"

    @property
    def number(self) -> str:
        """As it is written: gapless within its year. Empty for a draft."""
        return numbered(self.year, self.sequence)

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_final(self) -> bool:
        return self.state == self.State.FINAL

    @property
    def last_day(self) -> date:
        return self.period.replace(day=monthrange(self.period.year, self.period.month)[1])


def numbered(year: int | None, sequence: int | None, series: str = "") -> str:
    """`2026-000123`, or `C2026-000123` of a series C; empty where there is no number."""
    return "" if sequence is None else f"{series}{year}-{sequence:06d}"


class InvoiceLine(models.Model):
    """One thing that an invoice asks money for. amount: quantity × unit_price, rounded once to the smallest unit.

    Of overage: a line a feature, token unit and rate, written when the invoice becomes final; quantity: tokens.
    order: what an order's period costs, or by how much that changed, which may be below zero; written then as well.
    list_amount: before what was taken off. fixed: written on a draft by hand.
    """

    class Kind(models.TextChoices):
        OVERAGE = "overage"
        FIXED = "fixed"
        ORDER = "order"

    id = uuid7_key()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.SmallIntegerField()
    kind = models.CharField(max_length=7, choices=Kind.choices)
    description = models.CharField(max_length=300)
    feature = models.CharField(max_length=128, default="")
    token = models.CharField(max_length=16, default="")
    rate = models.ForeignKey(OverageRate, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField()
    unit_price = MoneyField()
    list_amount = MoneyField(null=True)
    amount = MoneyField()
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    added_by = models.CharField(max_length=150, default="")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_lines_are_numbered"),
            models.CheckConstraint(
                condition=Q(kind="overage", rate__isnull=False) & ~Q(feature="")
                | Q(kind__in=["fixed", "order"], rate=None, feature=""),
                name="invoice_line_is_of_its_kind",
                violation_error_message="A line of overage has a feature and a rate; any other neither.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(kind="order") | Q(unit_price__gte=0, amount__gte=0)),
                name="invoice_line_asks_for_something",
                violation_error_message="A line is of a positive quantity, at a price of zero or more.",
            ),
        ]

    def __str__(self) -> str:
        return self.description


class InvoicedOverage(models.Model):
    """A lot of overage that a final invoice settled: which line asks money for it, and what in the ledger says so.

    Written once, at finalising. So each lot, and each entry, is on at most one invoice.
    """

    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="lots")
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    lot_id = models.UUIDField()
    entry_id = models.UUIDField()
    debit_id = models.UUIDField()
    tokens = TokensField()

    class Meta:
        verbose_name_plural = "invoiced overage"
        constraints = [
            models.UniqueConstraint(fields=["lot_id"], name="overage_is_invoiced_once"),
            models.UniqueConstraint(fields=["entry_id"], name="entry_is_on_one_invoice"),
            models.CheckConstraint(condition=Q(tokens__gt=0), name="invoiced_overage_is_of_tokens"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f}"
