from typing import Self

from django.db import models


class RunQuerySet(models.QuerySet["Run"]):
    def of(self, job: str) -> Self:
        """Runs of one job, newest period first."""
        return self.filter(job=job).order_by("-period")


class Run(models.Model):
    """One period of one job: whoever inserts the row does the work, so a period happens once however many ask."""

    job = models.CharField(max_length=80, editable=False)
    period = models.CharField(max_length=40, editable=False, help_text="The period's start, in UTC, as text.")
    started_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    detail = models.JSONField(default=dict, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "period"], name="run_happens_once_a_period")]
        indexes = [models.Index(fields=["-started_at"], name="run_newest_first")]

    def __str__(self) -> str:
        return f"{self.job} {self.period}"
