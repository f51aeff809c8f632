from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from config.kernel.fields import MoneyField, QuantityField
from config.kernel.identity import uuid7_key
from pricing.models.rate import FEATURE_PATTERN
from wallets.models import Account


class Override(models.Model):
    """A price of one account's own: what its table's rate is replaced or multiplied by, for usage of a time.

    A dated fact: never changed. The latest for a feature or pattern and its dimensions holds, from its start on; one of
    kind `none` ends what was before it. Minimum and rounding stay those of the rate.
    tokens, per: of a fixed price. factor: of a multiplier.
    """

    class Kind(models.TextChoices):
        FIXED = "fixed", "a fixed price"
        MULTIPLIER = "multiplier", "a multiple of the rate"
        FREE = "free", "free of charge"
        NONE = "none", "the rate again"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="overrides")
    feature = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    dimensions = models.JSONField(default=dict, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    tokens = MoneyField(null=True)
    per = QuantityField(null=True)
    factor = MoneyField(null=True)
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="fixed", tokens__gte=0, per__gt=0, factor=None)
                | Q(kind="multiplier", tokens=None, per=None, factor__gte=0)
                | Q(kind__in=["free", "none"], tokens=None, per=None, factor=None),
                name="override_says_one_thing",
                violation_error_message="An override is a fixed price, a multiple, free, or its end.",
            ),
            models.CheckConstraint(
                condition=Q(feature__regex=FEATURE_PATTERN),
                name="override_names_a_feature_or_a_pattern",
                violation_error_message="An override names a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("recorded_at")),
                name="override_changes_nothing_past",
                violation_error_message="An override holds from now or later.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="override_ends_after_it_starts",
                violation_error_message="An override ends after it starts.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="override_has_a_reason",
                violation_error_message="An override needs a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.feature}"
