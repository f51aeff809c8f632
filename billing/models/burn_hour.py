"""Tokens of all accounts by the hour, for the map of peaks: asked once, and not by everybody who opens a page."""

from __future__ import annotations

from django.db import models

from config.kernel.fields import SumOfTokensField
from wallets.models import TokenUnit


class BurnHour(models.Model):
    """What all accounts used of a token unit in an hour of UTC, by when it occurred. Reckoned anew while it may change.

    hour_at: the instant at which the hour begins. noted_at: when it was reckoned last.
    """

    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+")
    hour_at = models.DateTimeField()
    tokens = SumOfTokensField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "hour_at"], name="burn_hour_is_one_a_unit")]

    def __str__(self) -> str:
        return f"{self.hour_at:%Y-%m-%d %H:%M}"
