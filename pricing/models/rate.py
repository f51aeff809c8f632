from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, Func, Q, TextField
from django.db.models.functions import MD5, Cast
from django.db.models.lookups import Exact
from simple_history.models import HistoricalRecords

from config.kernel.fields import MoneyField, QuantityField, TokensField
from pricing.models.version import Version
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier

DURATION = r"^P(?=.)([0-9]{1,4}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,8}S)?)?$"
FEATURE_PATTERN = r"^([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}|([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,126})?\*)$"


def seat_field(help_text: str) -> models.CharField[str | None, str | None]:
    """Null where the rate says nothing: such a column leaves the digests of earlier versions as they were."""
    return models.CharField(max_length=32, null=True, blank=True, help_text=help_text)


class RateQuerySet(models.QuerySet["Rate"]):
    def of_version(self, version_id: int) -> Self:
        """The rows of one version, in the order they were written."""
        return self.filter(version_id=version_id).order_by("pk")

    def mentioning(self, text: str) -> Self:
        """Rows whose feature or dimensions contain the text."""
        spelled = self.annotate(dimensions_text=Cast("dimensions", TextField()))
        return spelled.filter(Q(feature__icontains=text) | Q(dimensions_text__icontains=text))

    def patterns(self) -> Self:
        """Rows that price by prefix."""
        return self.filter(feature__endswith="*")

    def exact(self) -> Self:
        """Rows that price one feature."""
        return self.exclude(feature__endswith="*")


class Rate(models.Model):
    """One price of one version: `tokens` for `per` units of a feature, or of all features a pattern matches.

    tier_bounds, tier_prices, tier_pers: of the tiers beyond the first, in step.
    """

    class Rounding(models.TextChoices):
        HALF_UP = "half_up"
        HALF_EVEN = "half_even"
        UP = "up"
        DOWN = "down"

    class TierMode(models.TextChoices):
        GRADUATED = "graduated"
        VOLUME = "volume"
        PACKAGE = "package"

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="rates")
    feature = models.CharField(
        max_length=128, help_text="A code, or a pattern that ends in * and matches by prefix."
    )
    dimensions = models.JSONField(default=dict, blank=True, help_text="Values the usage must carry, by name.")
    tokens = MoneyField(help_text="Tokens for `per` units; with tiers, of those up to the first of them.")
    per = QuantityField(default=1)
    tier_mode = models.CharField(max_length=9, choices=TierMode.choices, blank=True, default="")
    tier_bounds = ArrayField(QuantityField(checked=False), blank=True, default=list)
    tier_prices = ArrayField(MoneyField(checked=False), blank=True, default=list)
    tier_pers = ArrayField(QuantityField(checked=False), blank=True, default=list)
    formula = models.CharField(
        max_length=500, blank=True, default="", help_text="Computes the tokens of a line instead."
    )
    minimum = TokensField(default=0, help_text="Least tokens of a line that costs anything.")
    rounding = models.CharField(max_length=9, choices=Rounding.choices, default=Rounding.HALF_UP)
    cost = MoneyField(null=True, blank=True, help_text="What one unit costs us.")
    cost_currency = models.CharField(
        max_length=3, blank=True, default="", help_text="Empty: the reporting one."
    )
    interval = seat_field("How long one charge of a seat lasts, such as PT1H.")
    heartbeat = seat_field("How long a seat lasts without a sign of life.")
    refund_unused = seat_field("What is given back of an interval: none or prorata.")
    once_per_user = seat_field("A time in which one user is charged once.")
    product = models.CharField(
        max_length=128, blank=True, default="", help_text="Of a pattern; a feature has its own."
    )
    name = models.CharField(max_length=200, blank=True, default="", help_text="Of a pattern.")
    unit = models.CharField(max_length=64, blank=True, default="", help_text="Of a pattern.")

    objects = RateQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["version", "pk"]
        constraints = [
            models.UniqueConstraint(
                "version",
                "feature",
                MD5(Cast("dimensions", TextField())),
                name="rate_is_priced_once_a_version",
                violation_error_message="The version has a rate for this feature and these dimensions.",
            ),
            models.CheckConstraint(
                condition=Q(feature__regex=FEATURE_PATTERN),
                name="rate_names_a_feature_or_a_pattern",
                violation_error_message="A rate names a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(tokens__gte=0),
                name="rate_is_not_negative",
                violation_error_message="A price is zero or more.",
            ),
            models.CheckConstraint(
                condition=Exact(
                    Func("dimensions", function="jsonb_typeof", output_field=TextField()), "object"
                ),
                name="rate_dimensions_are_names_with_values",
                violation_error_message="Dimensions are values by name.",
            ),
            models.CheckConstraint(
                condition=Q(per__gt=0),
                name="rate_is_per_a_positive_quantity",
                violation_error_message="A price is per more than zero units.",
            ),
            models.CheckConstraint(
                condition=Func(
                    *("tokens", "per", "tier_mode", "tier_bounds", "tier_prices", "tier_pers", "formula"),
                    function="pricing_rate_in_form_v1",
                    output_field=BooleanField(),
                ),
                name="rate_has_one_way_to_its_price",
                violation_error_message="A rate has one price, tiers that begin at 0 and rise, or a formula.",
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0),
                name="rate_minimum_is_not_negative",
                violation_error_message="A minimum is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(cost=None) | Q(cost__gte=0),
                name="rate_cost_is_not_negative",
                violation_error_message="A cost is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(rounding__in=["half_up", "half_even", "up", "down"]),
                name="rate_rounding_is_known",
                violation_error_message="Rounding is half_up, half_even, up or down.",
            ),
            models.CheckConstraint(
                condition=(Q(interval=None) | Q(interval__regex=DURATION))
                & (Q(heartbeat=None) | Q(heartbeat__regex=DURATION))
                & (Q(once_per_user=None) | Q(once_per_user__regex=DURATION))
                & (Q(refund_unused=None) | Q(refund_unused__in=["none", "prorata"])),
                name="rate_of_seats_is_in_form",
                violation_error_message="Seats go by durations such as PT1H, and give back none or prorata.",
            ),
            models.CheckConstraint(
                condition=Q(feature__endswith="*") | Q(product="", name="", unit=""),
                name="rate_of_a_feature_has_the_labels_of_the_feature",
                violation_error_message="Only a pattern carries product, name and unit of its own.",
            ),
        ]

    def __str__(self) -> str:
        return self.row.title

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers beyond the first, whose price is `tokens` for `per` units."""
        return tuple(map(Tier, self.tier_bounds, self.tier_prices, self.tier_pers))

    @property
    def row(self) -> RateRow:
        """The price as the rules know it; labels of a feature stand with the feature."""
        return RateRow(
            feature=self.feature,
            tokens=self.tokens,
            per=self.per,
            tier_mode=self.tier_mode,
            tiers=self.tiers,
            formula=self.formula,
            dimensions=self.dimensions,
            minimum=self.minimum,
            rounding=self.rounding,
            cost=self.cost,
            cost_currency=self.cost_currency,
            interval=self.interval or "",
            heartbeat=self.heartbeat or "",
            refund_unused=self.refund_unused or "",
            once_per_user=self.once_per_user or "",
            product=self.product,
            name=self.name,
            unit=self.unit,
        )

    @classmethod
    def from_row(cls, version_id: int, row: RateRow) -> Self:
        """A rate not yet saved that carries the row's price, and its labels where it is a pattern."""
        labels = {"product": row.product, "name": row.name, "unit": row.unit} if row.is_pattern else {}
        return cls(
            version_id=version_id,
            feature=row.feature,
            dimensions=dict(row.dimensions),
            tokens=row.tokens,
            per=row.per,
            tier_mode=row.tier_mode,
            tier_bounds=[tier.tier_from for tier in row.tiers],
            tier_prices=[tier.tokens for tier in row.tiers],
            tier_pers=[tier.per for tier in row.tiers],
            formula=row.formula,
            minimum=row.minimum,
            rounding=row.rounding,
            cost=row.cost,
            cost_currency=row.cost_currency,
            **{name: said or None for name, said in row.seat_terms.items()},
            **labels,
        )
