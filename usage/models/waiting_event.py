from typing import Self

from django.db import models
from django.db.models import Q

from config.kernel.readonly import MovedBySql
from usage.models.backfill import Backfill


class WaitingEventQuerySet(models.QuerySet["WaitingEvent"]):
    def in_turn(self) -> Self:
        """Events that the next drainer takes."""
        return self.filter(reason="")

    def stuck(self) -> Self:
        """Events that can't be rated as things stand."""
        return self.exclude(reason="")


class WaitingEvent(MovedBySql):
    """An event's place in the queue, from its coming until its debit. Moved by `usage/sql` alone.

    lane: of its account; one drainer at a time works in a lane, so that an account's events are rated in their order.
    reason: why it can't be rated; empty while it only waits for its turn. due_at: when it is tried again by itself.
    backfill: with which it is booked, however old its usage is; or is to be, once that is approved.
    """

    class Reason(models.TextChoices):
        UNKNOWN_ACCOUNT = "unknown_account", "the account is unknown"
        UNKNOWN_FEATURE = "unknown_feature", "the feature is unknown"
        FORBIDDEN = "forbidden", "the feature is another product's"
        NO_RATE = "no_rate", "no rate prices it"
        TOO_OLD = "too_old", "older than 35 days"
        AHEAD = "ahead", "dated ahead"
        OUT_OF_RANGE = "out_of_range", "it comes to too many digits"
        FAULT = "fault", "a fault of ours"
        BACKFILL = "backfill", "its backfill is not approved"
        DISCARDED = "discarded", "its backfill was discarded"

    event_id = models.UUIDField(primary_key=True)
    recorded_at = models.DateTimeField()
    account = models.CharField(max_length=128)
    feature = models.CharField(max_length=128)
    lane = models.SmallIntegerField()
    occurred_at = models.DateTimeField()
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    detail = models.TextField()
    tries = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    backfill = models.ForeignKey(
        Backfill, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    objects = WaitingEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "occurred_at", "event_id"],
                condition=Q(reason=""),
                name="event_next_in_its_lane",
            ),
            models.Index(fields=["reason", "event_id"], condition=~Q(reason=""), name="event_that_is_stuck"),
            models.Index(
                fields=["backfill"], condition=Q(backfill__isnull=False), name="event_of_a_backfill"
            ),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="event_tried_again"),
        ]

    def __str__(self) -> str:
        return f"event of {self.account}"
