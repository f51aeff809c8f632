from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pricing.models import Feature, RateTable, Version
from usage.rules.impact import change_share
from wallets.models import Account


class RehearsalState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class RehearsalQuerySet(models.QuerySet["Rehearsal"]):
    def under_way(self) -> Self:
        """Rehearsals that a worker is at, or will be."""
        return self.filter(state__in=[RehearsalState.QUEUED, RehearsalState.RUNNING])

    def done(self) -> Self:
        """Rehearsals that can be read, the newest first."""
        return self.filter(state=RehearsalState.DONE).order_by("-pk")


class Rehearsal(models.Model):
    """What recorded usage of a rate table would have cost at another version's prices.

    version: none where the draft was thrown away since; number and revision say which it was.
    since, until: when the usage occurred, half-open. asked_at: usage recorded later is not in it.
    tokens_before, tokens_after: what all lines that have a price came to, once it is done.
    plan: the slices that are rated one after the other; place: of the next. carried: what the months of an account
    have counted, where its usage is in several slices. tries: how often a worker began at this place.
    """

    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, null=True, on_delete=models.SET_NULL, related_name="+")
    number = models.PositiveIntegerField()
    revision = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True, default="")
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=9, choices=RehearsalState.choices, default=RehearsalState.QUEUED)
    fault = models.TextField(default="")
    tokens_before = models.DecimalField(max_digits=60, decimal_places=6, null=True)
    tokens_after = models.DecimalField(max_digits=60, decimal_places=6, null=True)
    lines_total = models.BigIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0)
    plan = models.JSONField(default=list)
    place = models.PositiveIntegerField(default=0)
    carried = models.JSONField(default=list)
    tries = models.PositiveSmallIntegerField(default=0)
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = RehearsalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RehearsalState.values),
                name="rehearsal_state_is_known",
                violation_error_message="A rehearsal is queued, running, done, cancelled or failed.",
            ),
            models.CheckConstraint(
                condition=Q(since__lt=F("until")),
                name="rehearsal_ends_after_it_starts",
                violation_error_message="A period ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at=None)
                | Q(state__in=["done", "cancelled", "failed"], finished_at__isnull=False),
                name="rehearsal_is_finished_at_an_instant",
                violation_error_message="A rehearsal that is over has an end, and no other has one.",
            ),
        ]

    def __str__(self) -> str:
        return f"rehearsal of v{self.number}"

    @property
    def is_under_way(self) -> bool:
        return self.state in (RehearsalState.QUEUED, RehearsalState.RUNNING)

    @property
    def is_done(self) -> bool:
        return self.state == RehearsalState.DONE

    @property
    def share(self) -> Decimal | None:
        """By what share of itself it all changes; None where that is not known yet, or it was nothing."""
        if self.tokens_before is None or self.tokens_after is None:
            return None
        return change_share(self.tokens_before, self.tokens_after)

    @property
    def days(self) -> Decimal:
        """The length of the period, to a thousandth of a day."""
        span = self.until - self.since
        return (Decimal(int(span.total_seconds() * 1000)) / 86_400_000).quantize(Decimal("0.001"))

    @property
    def percent(self) -> int:
        """How much of it is done; 100 once all is."""
        if self.is_done:
            return 100
        return min(int(self.lines_done * 100 / self.lines_total), 99) if self.lines_total else 0


def _sum(places: int) -> Any:
    """A sum of many amounts, wider than each."""
    return models.DecimalField(max_digits=60, decimal_places=places, default=Decimal(0))


class RehearsalLine(models.Model):
    """What one feature came to for one account: as it was charged, and at the other prices.

    lines, quantity: of debits that were not given back whole. unpriced_lines, unpriced_tokens: of those for which the
    version has no price, and what had been charged for them; they add nothing to tokens_after.
    cost_before, cost_after: what the usage costs us, as it said itself, or else by its rate, or else by what its model
    costs, in the reporting currency at its rates of that day; costed_before, costed_after: the tokens of the lines for
    which that is known.
    """

    pk = models.CompositePrimaryKey("rehearsal", "account", "feature")
    rehearsal = models.ForeignKey(Rehearsal, on_delete=models.CASCADE, related_name="lines", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    lines = models.BigIntegerField()
    quantity = _sum(9)
    tokens_before = _sum(6)
    tokens_after = _sum(6)
    unpriced_lines = models.BigIntegerField(default=0)
    unpriced_tokens = _sum(6)
    cost_before = _sum(21)
    costed_before = _sum(6)
    cost_after = _sum(21)
    costed_after = _sum(6)

    def __str__(self) -> str:
        return f"{self.tokens_before.normalize():f} → {self.tokens_after.normalize():f}"
