from django.db import models
from django.db.models import F, Q

from config.kernel.fields import MoneyField, QuantityField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class Order(models.Model):
    """What a customer bought, by the name that the system which sold it gives it. Its versions say what it is."""

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders", db_constraint=False)
    external_id = models.CharField(max_length=128)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="order_of_an_account_has_a_name"),
            models.CheckConstraint(
                condition=~Q(external_id=""),
                name="order_has_an_external_id",
                violation_error_message="An order has a name in the system that sold it.",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class OrderName(models.Model):
    """Which order a name stands for in the whole installation. Orders live with their accounts; their names do not."""

    external_id = models.CharField(max_length=128, primary_key=True)
    order_id = models.UUIDField()

    def __str__(self) -> str:
        return self.external_id


class OrderVersion(models.Model):
    """What an order was said to be, once. The highest number holds; none is ever changed.

    fingerprint: SHA-256 of the body that said so. billing: who asks for its money; empty: as its account says.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        CANCELLED = "cancelled"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="versions", db_constraint=False)
    number = models.BigIntegerField()
    fingerprint = models.BinaryField(max_length=32)
    state = models.CharField(max_length=9, choices=State.choices)
    starts_at = models.DateTimeField()
    placed_by = models.CharField(max_length=150)
    reason = models.TextField(default="")
    billing = models.CharField(max_length=8, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["account", "order", "number"], name="order_has_a_version_once"),
            models.CheckConstraint(condition=Q(number__gte=0), name="order_version_is_counted"),
            models.CheckConstraint(
                condition=Q(state__in=["active", "cancelled"]), name="order_version_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(billing__in=["", "invoice", "external"]), name="order_is_billed_here_or_elsewhere"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class OrderAnswer(models.Model):
    """What a version was answered first, as JSON. Written once, when it has taken effect."""

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        OrderVersion, on_delete=models.PROTECT, related_name="answers", db_index=False, db_constraint=False
    )
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="order_version_is_answered_once"),
        ]

    def __str__(self) -> str:
        return f"answer to {self.version_id}"


class OrderLine(models.Model):
    """One thing of an order, as one version has it. Written once, with what its offer meant then.

    amount: for the whole line, of one period where the offer has periods. list_amount: before what was taken off.
    begins_at: since when it counts, or from when on. run: rises where a line of the same name begins anew.
    """

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        OrderVersion, on_delete=models.PROTECT, related_name="lines", db_constraint=False
    )
    name = models.CharField(max_length=128)
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=128)
    quantity = QuantityField()
    amount = MoneyField()
    list_amount = MoneyField()
    currency = models.CharField(max_length=3)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    run = models.PositiveIntegerField(default=0)
    snapshot = models.JSONField()

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["account", "version", "name"], name="order_names_a_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_is_of_something"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, list_amount__gte=0), name="order_line_costs_nothing_or_more"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("begins_at")),
                name="order_line_ends_after_it_begins",
                violation_error_message="A line ends after it begins.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.sku}"
