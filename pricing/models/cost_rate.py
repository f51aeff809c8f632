from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q

from config.kernel.amounts import EXACT
from config.kernel.fields import CostField
from pricing.models.cost_import import CostImport
from pricing.rules.costs import CostKey, CostLine

KEY = ("model", "component", "tier", "above")


class CostRateQuerySet(models.QuerySet["CostRate"]):
    def begun(self, moment: datetime) -> Self:
        """Of each cost and source the row that was begun last by `moment`, withdrawals included."""
        latest = self.filter(effective_from__lte=moment).order_by(*KEY, "source", "-effective_from", "-pk")
        return self.filter(pk__in=latest.distinct(*KEY, "source").values("pk"))

    def in_force(self, moment: datetime) -> Self:
        """What each cost is at `moment`: what people wrote, else what was imported; none where it is withdrawn."""
        told = self.begun(moment).filter(cost__isnull=False).order_by(*KEY, "-source").distinct(*KEY)
        return self.filter(pk__in=told.values("pk"))

    def imported(self) -> Self:
        return self.filter(source=CostRate.Source.IMPORT)

    def manual(self) -> Self:
        return self.filter(source=CostRate.Source.MANUAL)

    def of(self, key: CostKey) -> Self:
        """The rows of one cost."""
        return self.filter(**key._asdict())


class CostRate(models.Model):
    """What one unit of a component of a model costs us, from an instant on. A dated fact: a change is a new row.

    cost: none is a withdrawal; what is imported then counts again, or nothing does. above: tokens of the prompt (of a
    search: results) beyond which the figure holds. deprecated_on: the provider withdraws the model that day.
    set_by: empty is a program.
    """

    class Source(models.TextChoices):
        """Sorts as it counts: what people wrote wins over what was imported."""

        IMPORT = "import"
        MANUAL = "manual"

    provider = models.CharField(max_length=128, help_text="Who sells it to us.")
    model = models.CharField(max_length=256, help_text="As the dimension `model` of usage names it.")
    component = models.CharField(max_length=64, help_text="What is counted: input, output, cached_input.")
    tier = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Of service, such as batch; empty is the standard one.",
    )
    above = models.BigIntegerField(default=0, help_text="Holds for calls beyond so many tokens.")
    cost = CostField(null=True, help_text="Of one unit.")
    currency = models.CharField(max_length=3)
    deprecated_on = models.DateField(null=True, blank=True)
    effective_from = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=6, choices=Source.choices)
    imported_by = models.ForeignKey(
        CostImport, null=True, blank=True, on_delete=models.PROTECT, related_name="costs"
    )
    set_by = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")

    objects = CostRateQuerySet.as_manager()

    class Meta:
        verbose_name = "cost"
        ordering = ["model", "component", "tier", "above", "-effective_from", "-pk"]
        indexes = [
            models.Index(
                fields=[*KEY, "source", "-effective_from", "-id"], name="cost_of_a_model_latest_first"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(model="") & ~Q(provider=""),
                name="cost_is_of_a_model_of_a_provider",
                violation_error_message="A cost names a model and who sells it.",
            ),
            models.CheckConstraint(
                condition=Q(component__regex=r"^[a-z0-9][a-z0-9_.]{0,63}$", tier__regex=r"^[a-z0-9_]{0,32}$"),
                name="cost_is_of_a_component",
                violation_error_message="Component and tier are words of small letters, digits and _.",
            ),
            models.CheckConstraint(
                condition=Q(above__gte=0, above__lt=10**18),
                name="cost_threshold_is_not_negative",
                violation_error_message="A threshold is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(cost=None) | Q(cost__gte=0),
                name="cost_is_not_negative",
                violation_error_message="A cost is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
                name="cost_is_in_a_currency",
                violation_error_message="A currency is three capital letters, such as USD.",
            ),
            models.CheckConstraint(
                condition=Q(source="import", imported_by__isnull=False)
                | (Q(source="manual", imported_by=None) & ~Q(reason="")),
                name="cost_has_an_import_or_a_reason",
                violation_error_message="An imported cost names its import, a manual one its reason.",
            ),
        ]

    def __str__(self) -> str:
        return self.key.title

    @property
    def key(self) -> CostKey:
        return CostKey(self.model, self.component, self.tier, self.above)

    @property
    def of_a_million(self) -> Decimal | None:
        """What a million units cost us; prices of models are quoted so."""
        return None if self.cost is None else self.cost.scaleb(6, context=EXACT)

    @property
    def line(self) -> CostLine:
        """The cost as the rules know it. ValueError of a withdrawal, which has none."""
        if self.cost is None:
            raise ValueError(f"{self} is withdrawn.")
        return CostLine(
            provider=self.provider,
            model=self.model,
            component=self.component,
            cost=self.cost,
            currency=self.currency,
            tier=self.tier,
            above=self.above,
            deprecated_on=self.deprecated_on,
        )

    @classmethod
    def from_line(cls, line: CostLine, **facts: object) -> Self:
        """A row not yet saved that says the line. facts: when, from where, by whom and why."""
        return cls(
            provider=line.provider,
            model=line.model,
            component=line.component,
            cost=line.cost,
            currency=line.currency,
            tier=line.tier,
            above=line.above,
            deprecated_on=line.deprecated_on,
            **facts,
        )
