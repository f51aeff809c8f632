from __future__ import annotations

from django.db import models
from django.db.models import Q


class CostImport(models.Model):
    """A list of costs that was read and changed something. A dated fact: never changed.

    digest: SHA-256 of the file, in hexadecimal. is_partial: what the list did not name was left as it was.
    model_count, line_count: what the file named. set_by: empty is a program.
    """

    file = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    is_partial = models.BooleanField(default=False)
    model_count = models.PositiveIntegerField()
    line_count = models.PositiveIntegerField()
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                name="cost_import_knows_its_file",
                violation_error_message="An import carries the digest of its file.",
            ),
        ]

    def __str__(self) -> str:
        return self.file
