from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from pricing.models.rate_table import RateTable


class Refusal(models.Model):
    """That somebody was refused a change of prices: what it was, whose, when, and the sentence they read.

    number: of the version it was about. user: none is a program. Rows never change.
    """

    class Verb(models.TextChoices):
        EDIT = "edit"
        IMPORT = "import"
        DISCARD = "throw away"
        ASK = "ask for approval"
        DECIDE = "decide"
        PUBLISH = "publish"
        UNDO = "undo"
        WITHDRAW = "withdraw"
        REVERT = "revert"

    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    verb = models.CharField(max_length=16, choices=Verb.choices, editable=False)
    table = models.ForeignKey(
        RateTable, null=True, on_delete=models.PROTECT, related_name="refusals", editable=False
    )
    number = models.PositiveIntegerField(null=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    code = models.CharField(max_length=40, editable=False)
    sentence = models.TextField(editable=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.verb}: {self.code}"
