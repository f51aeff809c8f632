from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from pricing.models import Product


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def valid(self) -> Self:
        """Keys that open something."""
        return self.filter(revoked_at=None)


class ApiKey(models.Model):
    """What a product shows to be let in. Of the secret only the hash is kept.

    prefix: the readable first part, which finds the key. secret_hash: SHA-256 of the whole key.
    """

    class Scope(models.TextChoices):
        DEBIT = "debit"
        EVENTS = "events"
        READ = "read"
        PROVISION = "provision"

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80, blank=True, default="")
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope.choices))
    created_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()
    history: Any = HistoricalRecords(excluded_fields=["secret_hash"])

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["debit", "events", "read", "provision"]) & ~Q(scopes=[]),
                name="api_key_scopes_are_known",
                violation_error_message="A key has one or more of the scopes debit, events, read and provision.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".rstrip()
