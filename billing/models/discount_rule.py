from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class DiscountRuleQuerySet(models.QuerySet["DiscountRule"]):
    def active(self) -> Self:
        """Rules that are asked when a quotation is sent."""
        return self.filter(is_active=True)


class DiscountRule(models.Model):
    """How much a seller may take off alone: per cent of any line. Without a rule for somebody there is no limit.

    A rule for a person goes before those of his groups; of several groups the largest counts.
    """

    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.PROTECT, related_name="discount_rules"
    )
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="discount_rules",
    )
    share = models.DecimalField(
        "per cent",
        max_digits=9,
        decimal_places=6,
        help_text="A discount over this on any line needs a second person.",
    )
    is_active = models.BooleanField("active", default=True)

    objects = DiscountRuleQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        verbose_name = "discount limit"
        ordering = ["group", "seller", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group=None, seller__isnull=False) | Q(group__isnull=False, seller=None),
                name="discount_rule_is_for_a_group_or_a_seller",
                violation_error_message="A rule is for a group or for a seller, one of them.",
            ),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=100),
                name="discount_rule_is_a_share",
                violation_error_message="A limit is 0 to 100 per cent.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seller or self.group}: {self.share.normalize():f} %"
