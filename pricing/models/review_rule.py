from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models.rate_table import RateTable
from pricing.rules.second_person import Rule


class ReviewRuleQuerySet(models.QuerySet["ReviewRule"]):
    def active(self) -> Self:
        """Rules that are asked when prices are published."""
        return self.filter(is_active=True)

    def about(self, table_id: int | None) -> Self:
        """Rules of this rate table and of all; of all alone where the table is not made yet."""
        return self.filter(Q(table=None) | Q(table=table_id))


class ReviewRule(models.Model):
    """When prices need a second person before they are published. Without rules nothing does.

    share: per cent; of a jump, how much a price may move; of a margin, how much must be left.
    table: none is all of them.
    """

    class Kind(models.TextChoices):
        JUMP = "jump", "A price jumps by more than"
        MARGIN = "margin", "A margin is under"
        SENSITIVE = "sensitive", "Whatever changes"

    kind = models.CharField("when", max_length=9, choices=Kind.choices)
    share = models.DecimalField(
        "per cent",
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="How far a price may jump, or how much margin must be left. Empty where whatever changes.",
    )
    table = models.ForeignKey(
        RateTable,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="review_rules",
        verbose_name="rate table",
        help_text="None: all of them.",
    )
    is_active = models.BooleanField("active", default=True)

    objects = ReviewRuleQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["table", "kind", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="jump", share__isnull=False, share__gte=0, share__lte=1000)
                | Q(kind="margin", share__isnull=False, share__gt=-1000, share__lte=100)
                | Q(kind="sensitive", share=None),
                name="review_rule_says_how_much",
                violation_error_message=(
                    "A jump is over 0 to 1000 per cent, a margin under 100 per cent at most, "
                    "and a rule for whatever changes has no share."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.rule.title

    @property
    def rule(self) -> Rule:
        """The rule as the rules of prices know it."""
        return Rule(self.kind, self.share)
