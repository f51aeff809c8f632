from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def on(self) -> Self:
        """Endpoints that news are sent to."""
        return self.filter(is_on=True)


class Endpoint(models.Model):
    """Where a program is told: news of the types it chose, since it was made, while it is on."""

    name = models.CharField(max_length=120, help_text="Whose it is, or what listens there.")
    url = models.CharField(max_length=2000, verbose_name="URL")
    types = ArrayField(models.CharField(max_length=40))
    is_on = models.BooleanField(default=True)
    created_at = models.DateTimeField(editable=False)

    objects = EndpointQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "webhook endpoint"
        constraints = [
            models.CheckConstraint(
                condition=Q(url__regex=r"^https?://[!-~]+$"),
                name="endpoint_is_called_over_http",
                violation_error_message="An endpoint's URL begins with https:// or http:// and holds no blanks.",
            ),
            models.CheckConstraint(
                condition=~Q(types=[]),
                name="endpoint_chose_a_type",
                violation_error_message="An endpoint is told of one type of news or more.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.url


class EndpointSecret(models.Model):
    """What signs the news of an endpoint, sealed: the key that opens it is derived from the installation's own.

    ends_at: until when it signs beside the one that took its place; none for the present one.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(ends_at=None), name="endpoint_has_one_present_secret"
            ),
        ]

    def __str__(self) -> str:
        return f"secret of {self.endpoint_id}"


class EndpointHealth(models.Model):
    """How an endpoint fares, written by whoever sends. Apart from what people edit.

    silent: attempts in a row that got no answer at all. rests_until: it is not called before.
    """

    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, related_name="health", primary_key=True
    )
    silent = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"health of {self.endpoint_id}"
