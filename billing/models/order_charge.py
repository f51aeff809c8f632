"""What orders ask money for, change by change; who asks for it; and what of it is earned when."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from billing.models.credit_note import CreditLine, CreditNote
from billing.models.invoice import InvoiceLine
from billing.models.order_effects import OrderPeriod
from config.kernel.fields import MoneyField, QuantityField
from config.kernel.identity import uuid7_key
from pricing.models import Product
from wallets.models import Account


class Billing(models.TextChoices):
    """Who asks for the money of an order."""

    INVOICE = "invoice", "By invoices made here"
    EXTERNAL = "external", "Elsewhere"


class AccountBilling(models.Model):
    """Who asks for the money of an account's orders, of those that say nothing of it themselves."""

    customer = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    billing = models.CharField(max_length=8, choices=Billing.choices)

    history: Any = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(billing__in=["invoice", "external"]), name="account_is_billed_here_or_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return self.get_billing_display()


class OrderCharge(models.Model):
    """What a period of an order's line is asked for, or by how much that changed. Written once.

    amount: in smallest units, below zero where less is asked; those of a period add up to what it costs now. fee: what
    of it no grant carries. ahead: what of the fee will pay for tokens of later months, which time does not earn.
    starts_at, ends_at: the time that it is for; without an end it is for no time. is_end: the line ended. first_day,
    last_day: the same by the account's calendar, as it is written. list_amount: before what was taken off.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    period = models.ForeignKey(
        OrderPeriod, on_delete=models.PROTECT, related_name="charges", db_constraint=False
    )
    number = models.PositiveIntegerField()
    version = models.BigIntegerField()
    description = models.CharField(max_length=300)
    quantity = QuantityField()
    unit_price = MoneyField()
    list_amount = MoneyField(null=True)
    amount = MoneyField()
    fee = MoneyField()
    ahead = MoneyField(default=0)
    currency = models.CharField(max_length=3)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    is_end = models.BooleanField(default=False)
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    is_external = models.BooleanField()
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["period", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "period", "number"], name="order_charges_are_numbered"
            ),
            models.CheckConstraint(
                condition=~Q(amount=0, fee=0, ahead=0), name="order_charge_asks_for_something_or_less"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_charge_is_of_something"),
        ]
        indexes = [
            models.Index(fields=["account"], condition=Q(amount__lt=0), name="order_charge_takes_off"),
            BrinIndex(fields=["recorded_at"], pages_per_range=32, name="order_charge_by_its_time"),
        ]

    def __str__(self) -> str:
        return self.description


class InvoicedCharge(models.Model):
    """A charge that a final invoice asks for, on a line of its own. Written once, when it becomes final."""

    charge = models.OneToOneField(
        OrderCharge, primary_key=True, on_delete=models.PROTECT, related_name="invoiced", db_constraint=False
    )
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    line = models.OneToOneField(InvoiceLine, on_delete=models.PROTECT, related_name="charged")

    def __str__(self) -> str:
        return f"{self.charge_id}"


class CreditedCharge(models.Model):
    """A charge that came to less than nothing after its period was invoiced, and the note that gives it back.

    One by hand where that had given back all of it before.
    """

    charge = models.OneToOneField(
        OrderCharge, primary_key=True, on_delete=models.PROTECT, related_name="credited", db_constraint=False
    )
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="charges")

    def __str__(self) -> str:
        return f"{self.charge_id}"


class BilledMonth(models.Model):
    """What a month moved of money that no grant carries, by what it came from: a charge, a line or a credit.

    month: its first day in UTC. billed: asked for; earned: become revenue. What is billed and not earned is deferred,
    what is earned and not billed is receivable without an invoice yet. Both are below zero where taken back.
    Of a charge and a line: what a credit by hand had taken back of the line before, and the charge takes back again.
    """

    class Kind(models.TextChoices):
        FEE = "fee", "Fees"
        OVERAGE = "overage", "Overage"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    product = models.ForeignKey(
        Product, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    charge = models.ForeignKey(
        OrderCharge, null=True, on_delete=models.PROTECT, related_name="months", db_constraint=False
    )
    line = models.ForeignKey(InvoiceLine, null=True, on_delete=models.PROTECT, related_name="months")
    credit = models.ForeignKey(CreditLine, null=True, on_delete=models.PROTECT, related_name="months")
    billed = MoneyField(default=0)
    earned = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "charge", "line", "credit", "month", "product"],
                nulls_distinct=False,
                name="billed_month_is_one_row_a_source",
            ),
            models.CheckConstraint(
                condition=Q(kind="fee", charge__isnull=False, credit=None)
                | Q(charge=None, line__isnull=False, credit=None)
                | Q(charge=None, line=None, credit__isnull=False),
                name="billed_month_has_one_source",
            ),
        ]
        indexes = [models.Index(fields=["month", "currency", "id"], name="billed_of_a_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.kind}"
