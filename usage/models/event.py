from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from config.kernel.fields import MoneyField, QuantityField
from config.kernel.readonly import MovedBySql
from pricing.models import Product
from usage.models.api_key import ApiKey


class Event(MovedBySql):
    """Work that was done, as a product reported it: an event by CloudEvents. Written once, by `usage_accept_v1` alone.

    account: the producer's reference, which may be nobody's yet. sent_id: unique with the source within the account.
    feature: a code, which may be unknown yet. payload: the event as sent. cost: what it cost us, in all.
    The table is partitioned by the month of recorded_at: `usage_event_store_v1` makes it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    recorded_at = models.DateTimeField()
    account = models.CharField(max_length=128)
    source = models.CharField(max_length=255)
    sent_id = models.CharField(max_length=255)
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    feature = models.CharField(max_length=128)
    occurred_at = models.DateTimeField()
    quantity = QuantityField(checked=False)
    dimensions = models.JSONField(default=dict)
    cost = MoneyField(checked=False, null=True)
    cost_currency = models.CharField(max_length=3, null=True)
    subject = models.JSONField(null=True)
    payload = models.JSONField()

    class Meta:
        indexes = [BrinIndex(fields=["recorded_at"], pages_per_range=32, name="event_by_its_time")]

    def __str__(self) -> str:
        return f"{self.source} {self.sent_id}"


class EventIdentity(MovedBySql):
    """That an event came: what makes it unique for good within its account, though its month be detached.

    fingerprint: SHA-256 of its content.
    """

    pk = models.CompositePrimaryKey("account", "source", "sent_id")
    account = models.CharField(max_length=128)
    source = models.CharField(max_length=255)
    sent_id = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    event_id = models.UUIDField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "event identities"

    def __str__(self) -> str:
        return f"{self.source} {self.sent_id}"
