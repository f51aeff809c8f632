from django.db import models
from django.db.models import Q

from billing.models.connection import Connection
from config.kernel.fields import MoneyField


class ExternalSale(models.Model):
    """What an outside system says that it sold, as its highest version says it. Its order here follows from it.

    order: the order's name here. version: theirs, by which one is told to be later; -1: nothing was said yet.
    fingerprint: SHA-256 of the wish. wish: what it said, in one form. number: of the order's version it last came to;
    none where it was cancelled before anything was sold.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="sales")
    external_id = models.CharField(max_length=128)
    order = models.CharField(max_length=128, unique=True)
    version = models.BigIntegerField(default=-1)
    fingerprint = models.BinaryField(max_length=32, default=b"")
    wish = models.TextField(default="")
    number = models.BigIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="sale_of_theirs_is_one_order"),
        ]

    def __str__(self) -> str:
        return self.external_id


class ExternalRefund(models.Model):
    """Money that an outside system gave back of a sale, once by its name there. is_whole: the sale is undone.

    lines: how much of the amount is for which line, by name; the rest, and where it is none all, is for all of them.
    """

    sale = models.ForeignKey(ExternalSale, on_delete=models.PROTECT, related_name="refunds")
    external_id = models.CharField(max_length=128)
    amount = MoneyField()
    currency = models.CharField(max_length=3)
    is_whole = models.BooleanField()
    lines = models.JSONField(null=True)
    reason = models.TextField(default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sale", "external_id"], name="refund_of_theirs_counts_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="refund_of_theirs_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.external_id


class RefundChange(models.Model):
    """How a refund stands since: for other lines or another sum than was told first, or for nothing, as it failed.

    number: from 1; the highest holds.
    """

    refund = models.ForeignKey(ExternalRefund, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()
    amount = MoneyField()
    is_whole = models.BooleanField()
    lines = models.JSONField(null=True)
    has_failed = models.BooleanField()
    reason = models.TextField(default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refund", "number"], name="refund_of_theirs_changes_in_order"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, number__gte=1), name="refund_change_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(has_failed=False) | Q(amount=0, is_whole=False),
                name="failed_refund_takes_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refund}, change {self.number}"
