from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models.order import Order
from billing.models.promotion import Promotion
from config.kernel.fields import MoneyField, QuantityField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class QuotationDecision(models.Model):
    """What a second person said to a draft, as it stood at one save. Rows never change."""

    class Verdict(models.TextChoices):
        APPROVED = "approved"
        RETURNED = "returned", "sent back"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    quotation = models.ForeignKey(
        "billing.Quotation", on_delete=models.PROTECT, related_name="decisions", db_constraint=False
    )
    edits = models.PositiveIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "quotation", "edits"],
                name="quotation_is_decided_on_once",
                violation_error_message="Somebody has decided on it already.",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("author")),
                name="quotation_is_approved_by_somebody_else",
                violation_error_message="Who wrote a quotation does not approve it: a second person does.",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["approved", "returned"]), name="quotation_verdict_is_known"
            ),
            models.CheckConstraint(
                condition=Q(verdict="approved") | ~Q(reason=""),
                name="quotation_is_sent_back_for_a_reason",
                violation_error_message="Say why it is sent back.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display()


class QuotationAnswer(models.Model):
    """What the customer said, once. accepted_by: who at the customer. order: what it became."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted"
        DECLINED = "declined"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    quotation = models.ForeignKey(
        "billing.Quotation", on_delete=models.PROTECT, related_name="answers", db_constraint=False
    )
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    answered_by = models.CharField(max_length=150)
    reference = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    order = models.ForeignKey(
        Order, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "quotation"], name="quotation_is_answered_once"),
            models.CheckConstraint(
                condition=Q(verdict="accepted", order__isnull=False) & ~Q(answered_by="")
                | Q(verdict="declined", order=None),
                name="quotation_accepted_is_an_order",
            ),
        ]

    def __str__(self) -> str:
        return self.verdict


class QuotationLine(models.Model):
    """One thing of a quotation, with what its offer means for this customer.

    snapshot: the offer with the promotion's bonus, as the order will have it. amount: to pay, of one period where
    the offer has periods; `list_amount` less what the promotion takes off, the discount, and the line's part of what
    comes off the whole. promotion_terms: what the promotion gave. ends_at: when it stops; none goes on.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    quotation = models.ForeignKey(
        "billing.Quotation", on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=128)
    quantity = QuantityField()
    list_amount = MoneyField()
    promotion = models.ForeignKey(Promotion, null=True, on_delete=models.PROTECT, related_name="+")
    is_promotion_chosen = models.BooleanField(default=False)
    promotion_terms = models.JSONField(null=True)
    promotion_amount = MoneyField()
    discount_share = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    discount_amount = MoneyField(null=True)
    discount_reason = models.TextField(blank=True, default="")
    discounted = MoneyField()
    spread = MoneyField()
    amount = MoneyField()
    ends_at = models.DateTimeField(null=True)
    snapshot = models.JSONField()

    class Meta:
        ordering = ["quotation", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "quotation", "position"], name="quotation_counts_its_lines"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quotation_line_is_of_something"),
            models.CheckConstraint(
                condition=Q(amount=F("list_amount") - F("promotion_amount") - F("discounted") - F("spread")),
                name="quotation_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, promotion_amount__gte=0, discounted__gte=0, spread__gte=0),
                name="quotation_line_costs_nothing_or_more",
            ),
            models.CheckConstraint(
                condition=Q(discount_share=None) | Q(discount_amount=None),
                name="quotation_line_discount_is_said_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.sku}"
