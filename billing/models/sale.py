from django.db import models
from django.db.models import Q

from config.kernel.fields import MoneyField
from wallets.models import Account


class GrantSale(models.Model):
    """What a customer pays for a grant as a whole, where it came by a sale. Written once, beside the grant.

    A grant's `unit_cost` is this by its tokens, cut to 12 decimals; this is exact. paid, list_price: in `currency`,
    after and before what was taken off.
    """

    grant_id = models.UUIDField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    paid = MoneyField()
    list_price = MoneyField()
    currency = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paid__gte=0, list_price__gte=0),
                name="sale_is_for_nothing_or_more",
                violation_error_message="What is paid for tokens is zero or more.",
            ),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="sale_is_in_a_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.paid.normalize():f} {self.currency}"
