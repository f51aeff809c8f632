from decimal import Decimal

from django.db import models
from django.db.models import Q

from config.kernel.fields import MoneyField, QuantityField, TokensField
from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import Feature, Product, Rate, RateTable, Version
from usage.models.api_key import ApiKey
from usage.models.debit import Debit
from wallets.models import Account, Hold, TokenUnit


class HoldRequest(MovedBySql):
    """What a hold was made for: what was asked, by which prices and which policy. Written once by `usage/sql`.

    It shares its identity with the hold in the wallet, which tells how that stands. tokens: the estimate, of which
    `overage` is room beyond grants. floor: of the policy that its captures are judged by; none is without limit.
    expires_at: as first made. ladder: of policies with steps that ruled it, by which its captures go; judged: what it
    said then. Both none where a plain policy ruled.
    """

    hold = models.OneToOneField(
        Hold,
        primary_key=True,
        db_column="id",
        on_delete=models.PROTECT,
        related_name="request",
        db_constraint=False,
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=255)
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    table = models.ForeignKey(
        RateTable, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        Version, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    unit = models.ForeignKey(
        TokenUnit, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    epoch = models.BigIntegerField()
    floor = TokensField(null=True)
    ladder = models.JSONField(null=True)
    judged = models.JSONField(null=True)
    tokens = TokensField()
    overage = TokensField()
    available_after = TokensField()
    held_after = TokensField()
    overage_after = TokensField()
    subject = models.JSONField(null=True)
    metadata = models.JSONField(null=True)
    occurred_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        verbose_name = "hold"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("recorded_at")), name="hold_lasts_for_a_while"
            ),
        ]
        indexes = [models.Index(fields=["account", "recorded_at"], name="hold_request_of_an_account")]

    def __str__(self) -> str:
        return f"hold of {self.tokens.normalize():f}"


class HoldLine(MovedBySql):
    """One item of a hold's estimate, priced by one rate and rounded once, as the line of a debit is.

    counted: where tiers count it, the units that its month had charged before; the hold keeps this place.
    pattern, rate_dimensions: of the rate, where tiers count it. cost: what the caller said that the line would cost.
    """

    pk = models.CompositePrimaryKey("hold", "account", "position")
    hold = models.ForeignKey(
        HoldRequest, on_delete=models.PROTECT, related_name="lines", db_index=False, db_constraint=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    position = models.SmallIntegerField()
    feature = models.ForeignKey(
        Feature, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    quantity = QuantityField()
    covered_quantity = QuantityField(default=Decimal(0))
    tokens = TokensField()
    rate = models.ForeignKey(
        Rate, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    dimensions = models.JSONField(default=dict)
    counted = QuantityField(null=True)
    pattern = models.CharField(max_length=128, null=True)
    rate_dimensions = models.JSONField(null=True)
    formula_price = models.DecimalField(max_digits=1000, decimal_places=0, null=True)
    formula_per = models.DecimalField(max_digits=1000, decimal_places=0, null=True)
    override_id = models.UUIDField(null=True)
    cost = MoneyField(null=True)
    cost_currency = models.CharField(max_length=3, null=True)

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} for {self.tokens.normalize():f}"


class HoldStep(MovedBySql):
    """What a capture or a release did to a hold, and how the hold stood after it: the answer to its key.

    tokens: charged by it, through its debit. captured: by all captures so far. held, overage_held: still kept.
    """

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        RELEASE = "release"

    id = uuid7_key()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    hold = models.ForeignKey(
        HoldRequest, on_delete=models.PROTECT, related_name="steps", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    debit = models.ForeignKey(
        Debit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tokens = TokensField()
    state = models.CharField(max_length=8, choices=Hold.State.choices)
    held = TokensField()
    overage_held = TokensField()
    captured = TokensField()
    expires_at = models.DateTimeField()
    reason = models.TextField(default="")
    recorded_by = models.CharField(max_length=150, default="")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="capture", debit__isnull=False, state__in=["held", "captured"])
                | Q(kind="release", debit=None, tokens=0, state__in=["released", "expired"]),
                name="hold_step_captures_by_a_debit",
                violation_error_message="A capture makes a debit, a release none.",
            ),
            models.UniqueConstraint(
                fields=["debit", "account"], name="debit_captures_one_hold", condition=Q(debit__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["hold", "id"], name="hold_step_of_a_hold")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.tokens.normalize():f}"
