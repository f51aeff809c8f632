from __future__ import annotations

from django.db import models
from django.db.models import Q

from billing.models.invoice import Invoice, InvoiceLine, numbered
from config.kernel.fields import MoneyField, TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class CreditNote(models.Model):
    """Money given back of a final invoice: of overage that was reversed, or by hand for a reason. Written once.

    reversal_id: what gave the usage back; none by hand. key: of whoever asks by hand, who gets one note for it.
    """

    id = uuid7_key()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    year = models.SmallIntegerField()
    sequence = models.IntegerField()
    total = MoneyField()
    reversal_id = models.UUIDField(null=True)
    key = models.CharField(max_length=64, null=True)
    reason = models.TextField()
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    issued_by = models.CharField(max_length=150, default="")
    seller = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "sequence"], name="credit_note_numbers_never_repeat"),
            models.UniqueConstraint(
                fields=["invoice", "reversal_id"], name="reversal_is_credited_once_an_invoice"
            ),
            models.UniqueConstraint(fields=["invoice", "key"], name="credit_note_is_asked_for_once"),
            models.CheckConstraint(
                condition=~Q(reason="") & Q(total__gte=0, sequence__gte=1),
                name="credit_note_has_a_reason",
                violation_error_message="A credit note needs a reason.",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return numbered(self.year, self.sequence, "C")


class CreditLine(models.Model):
    """What a credit note gives back of one line. tokens: of overage that was reversed; 0 by hand."""

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credits")
    tokens = TokensField(default=0)
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "line"], name="credit_note_names_a_line_once"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, tokens__gte=0) & (Q(amount__gt=0) | Q(tokens__gt=0)),
                name="credit_line_gives_something_back",
                violation_error_message="A credit gives back something.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount.normalize():f}"


class CreditedOverage(models.Model):
    """An entry of the ledger by which a reversal gave back invoiced overage, and the line of the credit note for it."""

    credit_line = models.ForeignKey(CreditLine, on_delete=models.PROTECT, related_name="entries")
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    entry_id = models.UUIDField()
    tokens = TokensField()

    class Meta:
        verbose_name_plural = "credited overage"
        constraints = [
            models.UniqueConstraint(fields=["entry_id"], name="entry_is_on_one_credit_note"),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f}"
