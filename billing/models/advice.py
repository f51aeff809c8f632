"""What somebody should do about an account, as the last look at it found it."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.kernel.identity import uuid7_key
from wallets.models import Account


class Advice(models.Model):
    """One thing to do, once an occasion, while there is reason for it. A look that finds no reason takes it away.

    code: of the rule that found it; period: tells this occasion from the next. rows: what it goes by.
    due_on: by when it matters. found_at, seen_at: when it was found first and last.
    """

    class Code(models.TextChoices):
        RUNS_OUT = "runs-out", "Runs out too early"
        OVERAGE = "overage", "In overage for long"
        SEATS = "seats", "Too few seats"
        UNUSED = "unused", "Unused at renewal"
        TRIAL = "trial", "Trial that is used"
        PEAK = "peak", "Peak over its base"
        PACK = "pack", "A pack fits better"

    id = uuid7_key()
    customer = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    code = models.CharField(max_length=20, choices=Code.choices)
    period = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    evidence = models.TextField()
    rows: Any = ArrayField(models.TextField(), default=list)
    due_on = models.DateField()
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["due_on", "id"]
        verbose_name = verbose_name_plural = "advice"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "code", "period"], name="advice_is_given_once_an_occasion"
            ),
            models.CheckConstraint(
                condition=Q(code__in=["runs-out", "overage", "seats", "unused", "trial", "peak", "pack"]),
                name="advice_is_of_a_known_rule",
            ),
        ]

    def __str__(self) -> str:
        return self.title
