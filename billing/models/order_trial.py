from typing import Self

from django.db import models
from django.db.models import Q

from billing.models.order import Order
from billing.models.trial import Trial
from billing.models.trial_offer import TrialOffer
from config.kernel.identity import uuid7_key
from wallets.models import Account


class OrderTrialQuerySet(models.QuerySet["OrderTrial"]):
    def waiting(self) -> Self:
        """Trials that are still to be issued or refused."""
        return self.filter(state=OrderTrial.State.WAITING)


class OrderTrial(models.Model):
    """The trial that a line of an order gives, once, whatever becomes of the line afterwards.

    due_at: when the line begins. reason: why it was refused, by the trial offer's rules or because the line ended.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ISSUED = "issued"
        REFUSED = "refused"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="trials", db_constraint=False)
    line = models.CharField(max_length=128)
    offer = models.ForeignKey(TrialOffer, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    trial = models.ForeignKey(Trial, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField(default="")
    settled_at = models.DateTimeField(null=True)

    objects = OrderTrialQuerySet.as_manager()

    class Meta:
        ordering = ["order", "line"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "order", "line"], name="order_line_gives_a_trial_once"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", trial=None, settled_at=None)
                | Q(state="issued", trial__isnull=False, settled_at__isnull=False)
                | (Q(state="refused", trial=None, settled_at__isnull=False) & ~Q(reason="")),
                name="order_trial_waits_or_is_settled",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="waiting"), name="order_trial_waiting")]

    def __str__(self) -> str:
        return f"{self.offer} with line {self.line}"
