from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from wallets.models import Account

CODE = r"^[a-z0-9][a-z0-9-]{0,39}$"
KEPT_DAYS, LONGEST_KEPT_DAYS = 90, 3650


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def on(self) -> Self:
        """Connections that take, fetch and send."""
        return self.filter(state=Connection.State.ON)


class Connection(models.Model):
    """One outside system that we agree with: what people say about it. How it fares stands in `ConnectionHealth`.

    code: its name in addresses, keys and orders, for good. kind: which connector speaks to it.
    state: paused, it takes and keeps what is told, and neither applies, fetches nor sends; off, it takes nothing.
    bodies_days: how long what was told and sent is kept once it is done with; runs_days: how long runs are.
    """

    class State(models.TextChoices):
        ON = "on"
        PAUSED = "paused"
        OFF = "off"

    code = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(CODE, "Small letters, digits and hyphens alone.")],
        help_text="In the address that is called and in the names of orders; it can't be changed.",
    )
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    state = models.CharField(max_length=6, choices=State.choices, default=State.ON)
    bodies_days = models.PositiveSmallIntegerField(default=KEPT_DAYS)
    runs_days = models.PositiveSmallIntegerField(default=KEPT_DAYS)
    created_at = models.DateTimeField(editable=False)

    objects = ConnectionQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE), name="connection_code_is_plain"),
            models.CheckConstraint(
                condition=Q(state__in=["on", "paused", "off"]), name="connection_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    bodies_days__range=(1, LONGEST_KEPT_DAYS), runs_days__range=(1, LONGEST_KEPT_DAYS)
                ),
                name="connection_keeps_for_a_while",
                violation_error_message="What is told is kept for a day to ten years.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class ConnectionSecret(models.Model):
    """A secret of a connection, sealed: the key that opens it is derived from the installation's own.

    name: which of the connector's settings it is. ends_at: until when it counts beside the one that took its place;
    none for the present one. expires_at: when the outside system itself ends it, where it said so.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="secrets")
    name = models.CharField(max_length=40)
    sealed = models.TextField()
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "name"],
                condition=Q(ends_at=None),
                name="connection_has_one_present_secret_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.connection_id}"


class ConnectionHealth(models.Model):
    """How a connection fares, written by whoever speaks to it. Apart from what people edit.

    silent: exchanges in a row that failed as a whole. rests_until: it is not called before.
    renewing_until: somebody renews its token. renewal_began_at: the vendor was asked for a new one, and what came of it
    is not kept yet. fault: the last reason, empty since an exchange went well.
    needed_since: something that a person sets is missing or wrong, `needed_why`, found by the job `needed_for`.
    applying_rests_until: nothing is applied before, for that reason or for they can't be asked at present.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.PROTECT, related_name="health", primary_key=True
    )
    silent = models.PositiveIntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)
    renewal_began_at = models.DateTimeField(null=True)
    needed_since = models.DateTimeField(null=True)
    needed_for = models.CharField(max_length=40, default="")
    needed_why = models.TextField(default="")
    applying_rests_until = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    fault = models.TextField(default="")

    def __str__(self) -> str:
        return f"health of {self.connection_id}"


class FieldRule(models.Model):
    """Which field of theirs becomes which of ours, or the other way round, where it is not as the connector has it.

    record, name: what is filled. expression: JMESPath over theirs; outwards the name of their field, empty: none.
    values: what a value found stands for.
    """

    class Direction(models.TextChoices):
        IN = "in", "theirs to ours"
        OUT = "out", "ours to theirs"

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="field_rules")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    record = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    expression = models.CharField(max_length=500, blank=True)
    values = models.JSONField(default=dict, blank=True)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["connection", "direction", "record", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "direction", "record", "name"], name="field_is_ruled_once"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=["in", "out"]), name="field_is_filled_in_or_out"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record}.{self.name}"


class Link(models.Model):
    """What a thing of ours is called at theirs, such as an account's customer.

    about: the account, where it is one; ours: our reference of anything else.
    state: what was merged or deleted there is written to no more.
    """

    class State(models.TextChoices):
        LINKED = "linked"
        MERGED = "merged"
        GONE = "gone"

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="links")
    kind = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    about = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="links", db_constraint=False
    )
    ours = models.CharField(max_length=128, default="")
    state = models.CharField(max_length=6, choices=State.choices, default=State.LINKED)
    merged_into = models.CharField(max_length=255, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "external_id"], name="theirs_is_linked_once"
            ),
            models.UniqueConstraint(
                fields=["connection", "kind", "about"],
                condition=Q(state="linked", about__isnull=False),
                name="account_is_linked_once_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="merged") & ~Q(merged_into="") & ~Q(merged_into=F("external_id"))
                | Q(state__in=["linked", "gone"], merged_into=""),
                name="link_is_merged_into_another",
            ),
            models.CheckConstraint(
                condition=~Q(kind="customer", state="linked", about=None),
                name="linked_customer_has_its_account",
            ),
        ]
        indexes = [models.Index(fields=["changed_at"], name="link_changed")]

    def __str__(self) -> str:
        return f"{self.kind} {self.external_id}"
