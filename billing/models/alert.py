from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from billing.models.contact import Contact


class Alert(models.Model):
    """What a contact wants to be told of by e-mail. threshold: in per cent or in days, as the kind says."""

    class Kind(models.TextChoices):
        LEFT = "left", "So many per cent of the tokens are left"
        RUNS_OUT = "runs_out", "The tokens last for so many days at this pace"
        BUDGET = "budget", "A budget is used up to so many per cent"
        EXPIRY = "expiry", "Tokens expire within so many days"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    threshold = models.PositiveSmallIntegerField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)

    history: Any = HistoricalRecords(excluded_fields=["looked_at"])

    class Meta:
        ordering = ["kind", "threshold"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "kind", "threshold"],
                name="alert_is_chosen_once",
                violation_error_message="This alert is chosen already.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["left", "runs_out", "budget", "expiry"]), name="alert_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["left", "budget"], threshold__range=(1, 100))
                | Q(kind__in=["runs_out", "expiry"], threshold__range=(1, 365)),
                name="alert_threshold_is_sensible",
                violation_error_message="Per cent are 1 to 100, days 1 to 365.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.threshold}"

    @property
    def sentence(self) -> str:
        """What it waits for, with its threshold in it."""
        said = str(self.Kind(self.kind).label).replace("So many per cent", f"{self.threshold} %")
        days = f"{self.threshold} day{'' if self.threshold == 1 else 's'}"
        return said.replace("so many per cent", f"{self.threshold} %").replace("so many days", days)


class AlertCrossing(models.Model):
    """One time that an alert's threshold was crossed; told once. subject: what crossed it, such as a budget's window.

    words: what the mail says. ended_at: it is beyond no more, so that the next crossing is told again.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="crossings")
    subject = models.CharField(max_length=250)
    words = models.TextField()
    crossed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "subject"],
                condition=Q(ended_at=None),
                name="alert_is_crossed_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(told_at=None), name="alert_crossing_is_due")]

    def __str__(self) -> str:
        return f"crossing {self.pk}"
