"""A cost written by hand, which wins over every list until it is withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.desk.forms import AmountField, DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage
from config.kernel.amounts import COST_PLACES
from pricing.models import CostRate
from pricing.rules.costs import CostLine
from pricing.services import costing

PREFILLED = ("provider", "model", "component", "tier", "above", "cost", "currency")


class OverrideForm(DeskForm):
    model = forms.CharField(max_length=256, help_text="As the dimension model of usage names it.")
    provider = forms.CharField(max_length=128, help_text="Who sells it to us.")
    component = forms.CharField(max_length=64, initial="input", help_text="input, output, cached_input, …")
    cost = AmountField(label="One unit costs", places=COST_PLACES, least=Decimal(0))
    currency = forms.CharField(max_length=3, min_length=3, initial="USD")
    tier = forms.CharField(
        max_length=32, required=False, help_text="Of service, such as batch; empty is the standard one."
    )
    above = forms.IntegerField(
        required=False, min_value=0, help_text="Only for calls beyond so many tokens; empty is every call."
    )
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    reason = ReasonField(help_text="It stands beside the cost: a contract, an own reckoning.")


class OverridePage(DeskFormPage):
    """Write what a unit costs us, whatever lists say."""

    permissions = ("pricing.add_costrate",)
    template_name = "desk/costs/override.html"
    form_class = OverrideForm

    def title(self) -> str:
        return "Write a cost by hand"

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET.get("like", "")
        known = CostRate.objects.filter(pk=asked).first() if asked.isdigit() and len(asked) < 19 else None
        found = {name: getattr(known, name) for name in PREFILLED} if known else {}
        return {name: value for name, value in found.items() if value}

    def act(self, asked: dict[str, Any]) -> str:
        line = CostLine(
            provider=asked["provider"],
            model=asked["model"],
            component=asked["component"],
            cost=asked["cost"],
            currency=asked["currency"].upper(),
            tier=asked["tier"],
            above=asked["above"] or 0,
        )
        row = costing.override(
            line, reason=asked["reason"], user=self.request.user, effective_from=asked["effective_from"]
        )
        messages.success(self.request, f"{row} costs what you wrote, until it is withdrawn.")
        return reverse("admin:pricing_costrate_change", args=[row.pk])


class WithdrawForm(DeskForm):
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    reason = ReasonField()


class WithdrawPage(DeskFormPage):
    """Take back what was written by hand."""

    permissions = ("pricing.add_costrate",)
    template_name = "desk/costs/withdraw.html"
    form_class = WithdrawForm

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.cost = get_object_or_404(CostRate, pk=object_id)

    def title(self) -> str:
        return f"Withdraw {self.cost}"

    def context(self) -> dict[str, Any]:
        return {"cost": self.cost}

    def act(self, asked: dict[str, Any]) -> str:
        row = costing.withdraw(
            self.cost.key,
            reason=asked["reason"],
            user=self.request.user,
            effective_from=asked["effective_from"],
        )
        messages.success(self.request, f"What was written of {row} by hand is withdrawn; lists count again.")
        return reverse("admin:pricing_costrate_change", args=[row.pk])
