from typing import Self

from django.db import models
from django.db.models import Q

from billing.models.endpoint import Endpoint
from billing.models.news import News
from billing.models.recipient import Recipient
from config.kernel.identity import uuid7_key


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        """Deliveries that are still to be made."""
        return self.filter(state=Delivery.State.WAITING)

    def dead(self) -> Self:
        """Deliveries that were given up; a person may send them again."""
        return self.filter(state=Delivery.State.DEAD)


class Delivery(models.Model):
    """One piece of news on its way to one endpoint or one recipient.

    attempts: begun so far. round_began_with: attempts before a person last had it sent again.
    next_at: when it is due; while somebody is at it, when his lease ends. reason: why it was given up.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        DEAD = "dead", "given up"

    id = uuid7_key()
    news = models.ForeignKey(News, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(
        Endpoint, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    recipient = models.ForeignKey(
        Recipient, null=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    round_began_with = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    reason = models.TextField(default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["news", "endpoint", "recipient"],
                nulls_distinct=False,
                name="news_are_delivered_once_to_each",
            ),
            models.CheckConstraint(
                condition=Q(endpoint=None) ^ Q(recipient=None),
                name="delivery_is_to_one_endpoint_or_recipient",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", next_at__isnull=False, finished_at=None)
                | Q(state__in=["delivered", "dead"], next_at=None, finished_at__isnull=False),
                name="delivery_waits_or_is_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=Q(state="waiting", endpoint__isnull=False),
                name="delivery_due_at_an_endpoint",
            ),
            models.Index(
                fields=["next_at"], condition=Q(state="waiting", endpoint=None), name="delivery_due_by_mail"
            ),
            models.Index(
                fields=["created_at"], condition=Q(state="waiting"), name="delivery_waiting_longest"
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_to_an_endpoint"),
            models.Index(fields=["recipient", "-id"], name="delivery_to_a_recipient"),
            models.Index(fields=["-id"], condition=Q(state="dead"), name="delivery_given_up"),
            models.Index(
                fields=["endpoint", "-id"], condition=Q(state="dead"), name="delivery_given_up_at_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


class Attempt(models.Model):
    """One try at a delivery, written when it begins and completed when it ends.

    finished_at: none where whoever was at it ended before it did. status: what HTTP answered, if anything.
    error: why it did not arrive. answer: how the answer's body begins.
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="tries", db_index=False)
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(default="")
    milliseconds = models.PositiveIntegerField(null=True)
    answer = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_numbers_never_repeat"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"

    @property
    def has_arrived(self) -> bool:
        return self.finished_at is not None and not self.error


class DeliveryTally(models.Model):
    """How many deliveries of a kind of news have ended so, ever: for `/metrics`, which counts no history."""

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=9)
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "state"], name="tally_is_kept_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
