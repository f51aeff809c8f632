from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from config.kernel.identity import uuid7_key


class AccountQuerySet(models.QuerySet["Account"]):
    def open(self) -> Self:
        """Accounts that may still get tokens."""
        return self.exclude(state=Account.State.CLOSED)

    def active(self) -> Self:
        """Accounts that may spend."""
        return self.filter(state=Account.State.ACTIVE)


class Account(models.Model):
    """A customer, or a part of one: whoever holds wallets. Its row is the one lock of all that moves its tokens."""

    class State(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    id = uuid7_key()
    reference = models.CharField(
        max_length=128, unique=True, help_text="The producer's own name for the account; it lasts."
    )
    name = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="IANA name; periods begin at its midnight."
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    external_ids = models.JSONField(
        default=dict, blank=True, help_text="References in other systems, by system."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AccountQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["reference"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "suspended", "closed"]),
                name="account_state_is_known",
                violation_error_message="An account is active, suspended or closed.",
            ),
            models.CheckConstraint(
                condition=~Q(reference=""),
                name="account_has_a_reference",
                violation_error_message="An account needs a reference.",
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="account_is_not_its_own_parent",
                violation_error_message="An account cannot be its own parent.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.reference
