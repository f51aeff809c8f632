from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from simple_history.models import HistoricalRecords

from billing.models.quotation_facts import QuotationAnswer, QuotationDecision
from config.kernel.fields import MoneyField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class QuotationYear(models.Model):
    """How many quotations of a year have a number. Its row is locked while one is given, so there is no gap."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.year)


class QuotationQuerySet(models.QuerySet["Quotation"]):
    def sent(self) -> Self:
        """Quotations that a customer has, or had."""
        return self.exclude(sent_at=None)

    def in_review(self) -> Self:
        """Drafts that wait for a second person."""
        return self.filter(sent_at=None, asked_edits=F("edits"))

    def standing(self, moment: datetime) -> Self:
        """With `state` as it is at an instant: by what was recorded, and by the clock where it says nothing."""
        answers = QuotationAnswer.objects.filter(account=OuterRef("account"), quotation=OuterRef("pk"))
        later = Quotation.objects.sent().filter(account=OuterRef("account"), supersedes=OuterRef("pk"))
        return self.annotate(
            state=Case(
                When(Exists(answers.filter(verdict="accepted")), then=Value(Quotation.State.ACCEPTED)),
                When(Exists(answers), then=Value(Quotation.State.DECLINED)),
                When(Q(sent_at=None, asked_edits=F("edits")), then=Value(Quotation.State.REVIEW)),
                When(sent_at=None, then=Value(Quotation.State.DRAFT)),
                When(Exists(later), then=Value(Quotation.State.SUPERSEDED)),
                When(valid_until__lte=moment, then=Value(Quotation.State.EXPIRED)),
                default=Value(Quotation.State.SENT),
                output_field=models.CharField(),
            )
        )


class Quotation(models.Model):
    """What a customer is offered: lines at list price and at the price to pay. Once sent it never changes.

    edits: counts the saves of a draft; approval is of one of them. author: who saved it last.
    asked_edits: the save that a second person was asked to approve.
    valid_until: from then on it can't be accepted any more. starts_at: none is when it is accepted.
    list_amount, amount: sums of the lines. widest_share: the largest share, in per cent, that a person took off a line.
    limit_share: what its author could give alone when it was sent; none is no limit. approval: where it was needed.
    estimate: what it was filled from.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        REVIEW = "review", "in review"
        SENT = "sent"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"
        SUPERSEDED = "superseded"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="quotations", db_constraint=False
    )
    currency = models.CharField(max_length=3)
    valid_until = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="")
    discount_share = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    discount_amount = MoneyField(null=True)
    discount_reason = models.TextField(blank=True, default="")
    list_amount = MoneyField()
    amount = MoneyField()
    widest_share = models.DecimalField(max_digits=9, decimal_places=6)
    estimate = models.JSONField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    edits = models.PositiveIntegerField(default=1)
    asked_edits = models.PositiveIntegerField(null=True)
    asked_note = models.TextField(blank=True, default="")
    supersedes = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="revisions", db_constraint=False
    )
    revision = models.PositiveSmallIntegerField(default=1)
    year = models.PositiveSmallIntegerField(null=True)
    serial = models.PositiveIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    limit_share = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    approval = models.ForeignKey(
        QuotationDecision, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )

    objects = QuotationQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "year", "serial", "revision"], name="quotation_number_has_a_revision_once"
            ),
            models.UniqueConstraint(fields=["account", "supersedes"], name="quotation_is_revised_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_by=None, limit_share=None, approval=None)
                | Q(sent_at__isnull=False, sent_by__isnull=False, year__isnull=False, serial__isnull=False),
                name="quotation_that_is_sent_has_a_number",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None)
                | Q(limit_share=None)
                | Q(widest_share__lte=F("limit_share"))
                | Q(approval__isnull=False),
                name="quotation_over_the_limit_is_approved",
                violation_error_message="The discount is over the author's limit: a second person approves it first.",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, list_amount__gte=F("amount")), name="quotation_sums_are_in_order"
            ),
            models.CheckConstraint(
                condition=Q(discount_share=None) | Q(discount_amount=None),
                name="quotation_discount_is_said_once",
            ),
        ]
        indexes = [models.Index(fields=["year", "serial"], name="quotation_number")]

    def __str__(self) -> str:
        return self.number

    @property
    def root_number(self) -> str:
        """The number that all its revisions share, and its order's name elsewhere; empty while none was sent."""
        return f"Q-{self.year}-{self.serial:04}" if self.serial else ""

    @property
    def number(self) -> str:
        """What it is called on paper."""
        if not self.serial:
            return "Draft"
        return f"{self.root_number}/{self.revision}" if self.revision > 1 else self.root_number

    @property
    def is_sent(self) -> bool:
        return self.sent_at is not None

    @property
    def last_moment(self) -> datetime:
        """The last instant on which it can be accepted."""
        return self.valid_until - timedelta(microseconds=1)

    @property
    def taken_off(self) -> Any:
        """Money between the list price and the price to pay."""
        return self.list_amount - self.amount
