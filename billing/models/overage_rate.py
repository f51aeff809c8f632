from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from config.kernel.fields import MoneyField
from wallets.models import Account, TokenUnit


class OverageRateQuerySet(models.QuerySet["OverageRate"]):
    def begun(self, moment: datetime) -> Self:
        """Rates of usage at `moment`, the one that holds first: of those that begin at one instant the latest."""
        return self.filter(effective_from__lte=moment).order_by("-effective_from", "-pk")


class OverageRate(models.Model):
    """What one token of overage costs in money, from an instant of usage on. A dated fact, never changed.

    customer: whose rate it is; none: everybody's who has none. price: for one token; none ends what was before it, so
    that the common rate, or none, holds again.
    """

    customer = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", verbose_name="token")
    price = MoneyField(null=True)
    currency = models.CharField(max_length=3, default="")
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField()

    objects = OverageRateQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price=None, currency="") | Q(price__gte=0, currency__regex=r"^[A-Z]{3}$"),
                name="overage_rate_is_a_price_or_an_end",
                violation_error_message="A rate of overage is a price of zero or more in a currency, or an end.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="overage_rate_has_a_reason",
                violation_error_message="A rate of overage needs a reason.",
            ),
        ]
        indexes = [models.Index(fields=["customer", "unit"], name="overage_rate_of_a_customer")]

    def __str__(self) -> str:
        return "no rate" if self.price is None else f"{self.price.normalize():f} {self.currency} a token"
