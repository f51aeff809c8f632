from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Feature, Product, RateTable, Version
from usage.models.debit import Debit
from usage.models.reversal import Reversal
from wallets.models import Account


class ReratingState(models.TextChoices):
    ASKED = "asked"
    RECKONING = "reckoning"
    READY = "ready"
    DISCARDED = "discarded"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    REVERTING = "reverting"
    REVERTED = "reverted"
    FAILED = "failed"


_UNDER_WAY = [
    ReratingState.ASKED,
    ReratingState.RECKONING,
    ReratingState.RUNNING,
    ReratingState.REVERTING,
]
_UNAPPROVED = [
    ReratingState.ASKED,
    ReratingState.RECKONING,
    ReratingState.READY,
    ReratingState.DISCARDED,
]
_SETTLED = [ReratingState.DONE, ReratingState.STOPPED, ReratingState.FAILED]
_TAKEN_BACK = [ReratingState.REVERTING, ReratingState.REVERTED]


class ReratingQuerySet(models.QuerySet["Rerating"]):
    def under_way(self) -> Self:
        """Re-ratings that a worker is at, or will be."""
        return self.filter(state__in=_UNDER_WAY)


class Rerating(models.Model):
    """Charging usage of an interval anew at other prices: reckoned first, approved by a second person, then booked.

    since, until: when the usage occurred, half-open. asked_at: debits recorded later are not in it.
    table: by which the usage was priced. product, customer, feature: none is every one.
    Prices are of one of two kinds: `version`, whatever is in force; or what each account pays for usage of `priced_at`.
    reckoned, debits_done: debits looked at by the dry run, and by the turn that is under way since.
    cursor, carried: where the next slice begins, and what a dry run has moved in the months of its account's tiers.
    """

    reason = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    table = models.ForeignKey(RateTable, null=True, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    feature = models.ForeignKey(Feature, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, null=True, on_delete=models.PROTECT, related_name="+")
    priced_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=9, choices=ReratingState.choices, default=ReratingState.ASKED)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    approved_by = models.CharField(max_length=150, default="")
    approved_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, default="")
    finished_at = models.DateTimeField(null=True)
    reverted_by = models.CharField(max_length=150, default="")
    reverted_at = models.DateTimeField(null=True)
    revert_reason = models.TextField(default="")
    reckoned = models.BigIntegerField(default=0)
    debits_done = models.BigIntegerField(default=0)
    cursor = models.JSONField(null=True)
    carried = models.JSONField(default=list)
    tries = models.PositiveSmallIntegerField(default=0)
    worked_at = models.DateTimeField(null=True)
    fault = models.TextField(default="")

    objects = ReratingQuerySet.as_manager()

    class Meta:
        verbose_name = "re-rating"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReratingState.values),
                name="rerating_state_is_known",
                violation_error_message="A re-rating is in one of its states.",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(asked_by=""),
                name="rerating_was_asked_for_a_reason",
                violation_error_message="A re-rating needs a reason, and somebody who asks.",
            ),
            models.CheckConstraint(
                condition=Q(since__lt=F("until"), until__lte=F("asked_at")),
                name="rerating_is_of_past_usage",
                violation_error_message="An interval ends after it starts, and before now.",
            ),
            models.CheckConstraint(
                condition=Q(version=None, priced_at__lte=F("asked_at"))
                | Q(version__isnull=False, table__isnull=False, priced_at=None),
                name="rerating_says_by_which_prices",
                violation_error_message="A re-rating is by a version, for usage of a table, or by an instant.",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by="")
                | Q(approved_at__isnull=False) & ~Q(approved_by=""),
                name="rerating_is_approved_by_somebody",
                violation_error_message="An approval is somebody's.",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None) | ~Q(approved_by=F("asked_by")),
                name="rerating_is_approved_by_another",
                violation_error_message="Whoever asks for a re-rating does not approve it.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_UNAPPROVED, approved_at=None)
                | Q(state="failed")
                | Q(~Q(state__in=[*_UNAPPROVED, "failed"]), approved_at__isnull=False),
                name="rerating_runs_once_approved",
                violation_error_message="A re-rating that books was approved.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_TAKEN_BACK, reverted_at__isnull=False) | Q(~Q(state__in=_TAKEN_BACK)),
                name="rerating_is_reverted_at_an_instant",
                violation_error_message="A re-rating that was taken back was so by somebody.",
            ),
        ]

    def __str__(self) -> str:
        return f"re-rating {self.pk}"

    @property
    def is_under_way(self) -> bool:
        return self.state in _UNDER_WAY

    @property
    def is_ready(self) -> bool:
        return self.state == ReratingState.READY

    @property
    def is_unapproved(self) -> bool:
        return self.state in _UNAPPROVED and self.state != ReratingState.DISCARDED

    @property
    def is_running(self) -> bool:
        return self.state == ReratingState.RUNNING

    @property
    def may_be_reverted(self) -> bool:
        """Whether something may stand that can be taken back."""
        return self.approved_at is not None and self.state in _SETTLED

    @property
    def is_reckoned(self) -> bool:
        """Whether the dry run has told all it has to tell."""
        return self.approved_at is not None or self.state in (ReratingState.READY, ReratingState.DISCARDED)


class ReratingLine(models.Model):
    """What a dry run found of one feature of one account: the lines of debits that would be charged anew."""

    pk = models.CompositePrimaryKey("rerating", "account", "feature")
    rerating = models.ForeignKey(Rerating, on_delete=models.PROTECT, related_name="lines", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    lines = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=60, decimal_places=9)
    tokens_before = models.DecimalField(max_digits=60, decimal_places=6)
    tokens_after = models.DecimalField(max_digits=60, decimal_places=6)

    def __str__(self) -> str:
        return f"{self.lines} lines"


class ReratingLeft(models.Model):
    """Debits of one account that stay as they are, and why. turn: in the dry run, the booking or the taking back."""

    class Turn(models.TextChoices):
        RECKONING = "reckoning"
        RUNNING = "running"
        REVERTING = "reverting"

    pk = models.CompositePrimaryKey("rerating", "account", "turn", "reason")
    rerating = models.ForeignKey(Rerating, on_delete=models.PROTECT, related_name="left", db_index=False)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    turn = models.CharField(max_length=9, choices=Turn.choices)
    reason = models.CharField(max_length=20)
    debits = models.BigIntegerField()
    tokens = models.DecimalField(max_digits=60, decimal_places=6)

    def __str__(self) -> str:
        return f"{self.debits} left: {self.reason}"


class Correction(MovedBySql):
    """One debit that was given back whole, and the debit charged in its place. Written by `usage_correct_v1` alone.

    root: the debit that first charged the usage; its replacements keep its place. courtesy: what had been given back of
    the debit in part, given back of the replacement again. restores_id: where a re-rating is taken back, the debit as
    which the replacement is charged; none otherwise.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    rerating = models.ForeignKey(Rerating, on_delete=models.PROTECT, related_name="corrections")
    debit = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    root = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    reversal = models.ForeignKey(
        Reversal, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    replacement = models.ForeignKey(
        Debit, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    courtesy = models.ForeignKey(
        Reversal, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    restores_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["debit", "account"], name="debit_is_replaced_once"),
            models.UniqueConstraint(fields=["replacement", "account"], name="debit_replaces_one"),
            models.UniqueConstraint(fields=["reversal", "account"], name="reversal_is_of_one_correction"),
        ]
        indexes = [models.Index(fields=["account", "root"], name="correction_of_a_root")]

    def __str__(self) -> str:
        return f"{self.debit_id} charged anew"
