from django.conf import settings
from django.db import models
from django.db.models import Q

from config.kernel.fields import TokensField
from wallets.models import TokenUnit


class TrialSeller(models.Model):
    """The row that is locked while somebody issues trials: what he has left of a month is judged under it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return str(self.user)


class SellerAllowance(models.Model):
    """How many trial tokens a seller may issue in a month of UTC, from an instant on. Written once, never changed.

    seller: none is every seller who has none of his own. tokens: none is without limit.
    follows_all: the seller has none of his own any more. Where nothing was ever written there is no limit.
    """

    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    tokens = TokensField(null=True, blank=True)
    follows_all = models.BooleanField(default=False)
    reason = models.TextField(default="")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens=None) | Q(tokens__gte=0),
                name="seller_allowance_is_not_negative",
                violation_error_message="An allowance is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(follows_all=False) | Q(seller__isnull=False, tokens=None),
                name="seller_allowance_follows_or_says",
                violation_error_message="A seller has an allowance of his own, or the one of all.",
            ),
        ]
        indexes = [models.Index(fields=["unit", "seller", "-id"], name="seller_allowance_of_one")]

    def __str__(self) -> str:
        if self.follows_all:
            return "that of all"
        return "no limit" if self.tokens is None else f"{self.tokens.normalize():f}"
