from django.db import models


class AuditRun(models.Model):
    """What one audit of the books found: nothing, or each lie with its check."""

    started_at = models.DateTimeField(editable=False)
    finished_at = models.DateTimeField(editable=False)
    is_clean = models.BooleanField(editable=False)
    findings = models.JSONField(default=list, editable=False)
    counts = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["-started_at"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} {'clean' if self.is_clean else 'lies found'}"
