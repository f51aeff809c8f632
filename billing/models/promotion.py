from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from billing.models.offer import CODE, Offer
from billing.rules.promotions import PromotionTerms
from config.kernel.fields import MoneyField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class PromotionQuerySet(models.QuerySet["Promotion"]):
    def running(self, moment: datetime) -> Self:
        """Promotions that new quotations may have at an instant."""
        begun = self.filter(is_on=True, effective_from__lte=moment)
        return begun.filter(Q(effective_until=None) | Q(effective_until__gt=moment))


class Promotion(models.Model):
    """A named rule that takes something off a line of a quotation, or adds a bonus to its tokens.

    value: per cent off, an amount off each one in `currency`, or per cent of the tokens as a bonus.
    most_uses, most_uses_an_account: quotations that may be accepted with it; none is any number.
    """

    class Kind(models.TextChoices):
        SHARE = "share", "Per cent off"
        AMOUNT = "amount", "An amount off each one"
        BONUS = "bonus", "Bonus tokens, per cent"

    code = models.CharField(
        max_length=64, unique=True, help_text="Such as SPRING26; it lasts, quotations name it."
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.SHARE)
    value = MoneyField(help_text="Per cent, or money off each one.")
    currency = models.CharField(
        max_length=3, blank=True, default="", help_text="Of an amount, such as EUR; otherwise empty."
    )
    sku = models.CharField("SKU", max_length=128, blank=True, default="", help_text="Empty: any.")
    offer_kind = models.CharField(
        "kind of offer",
        max_length=5,
        choices=Offer.Kind.choices,
        blank=True,
        default="",
        help_text="Empty: any.",
    )
    is_automatic = models.BooleanField(
        "applies by itself", default=False, help_text="Off: a seller has to choose it."
    )
    effective_from = models.DateTimeField("from", help_text="In UTC. Counts when a quotation is sent.")
    effective_until = models.DateTimeField(
        "until", null=True, blank=True, help_text="In UTC; empty is no end."
    )
    most_uses = models.PositiveIntegerField("most uses in all", null=True, blank=True)
    most_uses_an_account = models.PositiveIntegerField("most uses of an account", null=True, blank=True)
    is_on = models.BooleanField("active", default=True)

    objects = PromotionQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=CODE),
                name="promotion_code_is_visible",
                violation_error_message="A code is made of letters, digits and signs, without blanks.",
            ),
            models.CheckConstraint(
                condition=Q(kind="share", value__gt=0, value__lte=100, currency="")
                | Q(kind="amount", value__gt=0, currency__regex=r"^[A-Z]{3}$")
                | Q(kind="bonus", value__gt=0, value__lte=1000, currency=""),
                name="promotion_says_how_much",
                violation_error_message=(
                    "Per cent off are more than 0 and at most 100, an amount is more than 0 and has a currency, "
                    "a bonus is at most 1,000 per cent."
                ),
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="promotion_ends_after_it_begins",
                violation_error_message="A promotion ends after it begins.",
            ),
            models.CheckConstraint(
                condition=Q(offer_kind__in=["", "pack", "plan", "seats"]),
                name="promotion_offer_kind_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def terms(self) -> PromotionTerms:
        """What it gives, as lines keep it."""
        return PromotionTerms(
            self.code, self.name, self.kind, self.value, self.currency, self.sku, self.offer_kind
        )


class PromotionUse(models.Model):
    """That a quotation was accepted with a promotion. Written once; a trigger counts under the promotion's lock."""

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="uses")
    quotation = models.ForeignKey(
        "billing.Quotation", on_delete=models.PROTECT, related_name="promotion_uses", db_constraint=False
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "promotion", "quotation"], name="quotation_uses_a_promotion_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} by {self.quotation_id}"
