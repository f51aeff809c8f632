from django.db import models
from django.db.models import Q

from config.kernel.readonly import MovedBySql
from pricing.models import Product


class Backfill(models.Model):
    """Usage of a period that is over, gathered, looked at by a person, and booked then or not at all.

    closed_by: who approved or discarded it. The events that were approved stand in `BackfillEvent`.
    """

    class State(models.TextChoices):
        OPEN = "open"
        APPROVED = "approved"
        DISCARDED = "discarded"
        REVERTING = "reverting"
        REVERTED = "reverted"

    reason = models.TextField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    closed_by = models.CharField(max_length=150, default="")
    closed_at = models.DateTimeField(null=True)
    reverted_by = models.CharField(max_length=150, default="")
    reverted_at = models.DateTimeField(null=True)
    revert_reason = models.TextField(default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "discarded", "reverting", "reverted"]),
                name="backfill_state_is_known",
                violation_error_message="A backfill is open, approved, discarded, reverting or reverted.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="backfill_has_a_reason",
                violation_error_message="A backfill needs a reason.",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | Q(~Q(state="open"), closed_at__isnull=False),
                name="backfill_is_closed_at_an_instant",
                violation_error_message="A backfill that is not open was closed by somebody.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["reverting", "reverted"], reverted_at__isnull=False)
                | Q(~Q(state__in=["reverting", "reverted"]), reverted_at=None),
                name="backfill_is_reverted_at_an_instant",
                violation_error_message="A backfill that was taken back was so by somebody.",
            ),
        ]

    def __str__(self) -> str:
        return f"backfill {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == Backfill.State.OPEN

    @property
    def is_approved(self) -> bool:
        return self.state == Backfill.State.APPROVED


class BackfillEvent(MovedBySql):
    """That an event was approved with a backfill. Written once, by `usage_backfill_approve_v1` alone."""

    pk = models.CompositePrimaryKey("backfill", "event_id")
    backfill = models.ForeignKey(Backfill, on_delete=models.PROTECT, related_name="events", db_index=False)
    event_id = models.UUIDField(db_index=True)
    account = models.CharField(max_length=128)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.event_id)
