"""What needs a person: one row a rule and subject as long as it is open, and who did what about it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from wallets.models import Account

KIND = "Kind"
"""Names what a row's rule does not tell apart, among its evidence."""


class InboxItemQuerySet(models.QuerySet["InboxItem"]):
    def unresolved(self) -> Self:
        """Rows whose cause stands, or that nobody has resolved yet."""
        return self.exclude(state=InboxItem.State.RESOLVED)

    def in_view(self, moment: datetime) -> Self:
        """Rows that somebody should look at: unresolved, and not put off beyond `moment`."""
        return self.unresolved().exclude(state=InboxItem.State.SNOOZED, snoozed_until__gt=moment)


class InboxItem(models.Model):
    """One thing that needs a person. It is resolved when its cause ends, by itself or by somebody.

    rule: what raised it; subject: whom or what it is about, unique with the rule as long as it is open.
    link: an address within the admin. evidence: figures and rows that its rule went by, each with its name, as text.
    last_seen_at: when its cause was last found.
    """

    class Rule(models.TextChoices):
        THRESHOLD = "threshold", "Threshold reached"
        BEYOND = "beyond", "Beyond the policy"
        BURN = "burn", "Burn spike or drop"
        MARGIN = "margin", "Negative margin"
        EXPIRY = "expiry", "Paid tokens expire"
        SYNC = "sync", "Failed sync"
        BOOKS = "books", "Books don't balance"
        GAP = "gap", "Reconciliation gap"

    class State(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        SNOOZED = "snoozed"
        RESOLVED = "resolved"

    id = uuid7_key()
    rule = models.CharField(max_length=9, choices=Rule.choices)
    subject = models.CharField(max_length=200)
    customer = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    title = models.CharField(max_length=200)
    detail = models.TextField(default="")
    evidence = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    link = models.CharField(max_length=300, default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    snoozed_until = models.DateTimeField(null=True)
    raised_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        verbose_name = "inbox row"
        verbose_name_plural = "inbox rows"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"],
                condition=~Q(state="resolved"),
                name="inbox_has_one_open_row_a_subject",
            ),
            models.CheckConstraint(
                condition=Q(
                    rule__in=["threshold", "beyond", "burn", "margin", "expiry", "sync", "books", "gap"]
                )
                & ~Q(subject="")
                & ~Q(title=""),
                name="inbox_row_is_about_something",
            ),
            models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False, resolved_at=None)
                | Q(state="resolved", snoozed_until=None, resolved_at__isnull=False)
                | Q(state__in=["open", "acknowledged"], snoozed_until=None, resolved_at=None),
                name="inbox_row_is_put_off_until_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["rule", "id"], condition=~Q(state="resolved"), name="inbox_unresolved"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind(self) -> str:
        """What its evidence calls it, else its rule."""
        return dict(self.evidence).get(KIND) or self.get_rule_display()

    @property
    def is_resolved(self) -> bool:
        return self.state == InboxItem.State.RESOLVED


class InboxNote(models.Model):
    """Who did what about a row, and when. by: empty where its cause did. Written once."""

    class Verb(models.TextChoices):
        RAISED = "raised"
        ACKNOWLEDGED = "acknowledged"
        SNOOZED = "snoozed"
        TAKEN = "taken"
        RESOLVED = "resolved"

    id = uuid7_key()
    item = models.ForeignKey(InboxItem, on_delete=models.PROTECT, related_name="notes")
    verb = models.CharField(max_length=12, choices=Verb.choices)
    said = models.TextField(default="")
    by = models.CharField(max_length=150, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verb__in=["raised", "acknowledged", "snoozed", "taken", "resolved"]),
                name="inbox_note_verb_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.verb
