from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from wallets.models import Account


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def on(self) -> Self:
        """Recipients that news are sent to."""
        return self.filter(is_on=True)


class Recipient(models.Model):
    """Who is told by e-mail: news of the types chosen, since the row was made, while it is on.

    about: the account whose news these are; none: everything, also what is about no account.
    """

    address = models.EmailField()
    types = ArrayField(models.CharField(max_length=40))
    about = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        verbose_name="account",
    )
    is_on = models.BooleanField(default=True)
    created_at = models.DateTimeField(editable=False)

    objects = RecipientQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["address", "pk"]
        verbose_name = "e-mail recipient"
        constraints = [
            models.CheckConstraint(
                condition=~Q(types=[]),
                name="recipient_chose_a_type",
                violation_error_message="A recipient is told of one type of news or more.",
            ),
            models.UniqueConstraint(
                fields=["address", "about"],
                nulls_distinct=False,
                name="recipient_is_listed_once",
                violation_error_message="This address is a recipient already.",
            ),
        ]

    def __str__(self) -> str:
        return self.address
