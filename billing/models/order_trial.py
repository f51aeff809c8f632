from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable

from billing.models.order import Order
from billing.models.trial import Trial
from billing.models.trial_offer import TrialOffer
from config.kernel.identity import uuid7_key
from wallets.models import Account


class OrderTrialQuerySet(models.QuerySet["OrderTrial"]):
    def due(self, moment: datetime | Combinable) -> Self:
        """Trials that are to be issued, refused or revoked by now, and were not put off; the earliest first."""
        rows = self.filter(state__in=[OrderTrial.State.WAITING, OrderTrial.State.ENDING], due_at__lte=moment)
        return rows.filter(Q(put_off_until=None) | Q(put_off_until__lte=moment)).order_by("due_at", "pk")


class OrderTrial(models.Model):
    """The trial that a line of an order gives, once, whatever becomes of the line afterwards.

    due_at: when the line begins; of one that is ending, since when its line is over.
    put_off_until: where it failed, when it is tried again.
    reason: why it was refused, by the trial offer's rules or because the line ended; or why it ends.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ISSUED = "issued"
        REFUSED = "refused"
        ENDING = "ending"
        ENDED = "ended"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="trials", db_constraint=False)
    line = models.CharField(max_length=128)
    offer = models.ForeignKey(TrialOffer, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField()
    put_off_until = models.DateTimeField(null=True)
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
                | (Q(state="refused", trial=None, settled_at__isnull=False) & ~Q(reason=""))
                | (
                    Q(state__in=["ending", "ended"], trial__isnull=False, settled_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="order_trial_waits_or_is_settled",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["waiting", "ending"]), name="order_trial_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer} with line {self.line}"
