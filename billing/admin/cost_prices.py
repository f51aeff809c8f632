"""Prices made of costs: a form, a dry run that shows the difference, then the draft."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from billing.rules.cost_prices import Selection
from billing.rules.repricing import markup_for
from billing.services import pricing_from_costs
from billing.services.pricing_from_costs import PriceOrder
from config.desk.forms import AmountField, DeskForm, ReasonField
from config.desk.pages import DeskFormPage
from config.kernel.amounts import MONEY_PLACES
from config.kernel.errors import DomainError
from pricing.models import Feature, Product, RateTable
from pricing.queries.costs import providers_at

USUAL = ("input", "output", "cached_input")
HUNDRED = Decimal(100)


class NamesField(forms.CharField):
    """Names apart by commas or lines."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return tuple(
            dict.fromkeys(filter(None, (part.strip() for part in text.replace("\n", ",").split(","))))
        )


class ComponentsField(forms.CharField):
    """Which feature each component is, one `component = feature` a line; a line without a feature is passed over."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for line in (super().to_python(value) or "").splitlines():
            component, sign, feature = (part.strip() for part in line.partition("="))
            if line.strip() and (not sign or not component):
                raise forms.ValidationError(f"“{line.strip()}” is not of the form component = feature.")
            if component in found:
                raise forms.ValidationError(f"{component} is there twice.")
            if feature:
                found[component] = feature
        if not found:
            raise forms.ValidationError("Say which feature at least one component is.")
        return found


class PricesForm(DeskForm):
    table = forms.ChoiceField(label="Rate table", help_text="Its draft gets the prices.")
    features = ComponentsField(
        label="Features by component",
        help_text="One a line, such as input = chat.input or input:batch = chat.input_batch.",
    )
    product = forms.ChoiceField(
        required=False, help_text="Of features above that don't exist yet; they are made."
    )
    providers = NamesField(
        required=False, help_text="Apart by commas, such as openai, anthropic; empty is all."
    )
    models = NamesField(
        required=False, help_text="Apart by commas, such as gpt-5*, o3; * is any ending, empty is all."
    )
    markup = AmountField(
        places=6,
        required=False,
        least=Decimal("0.000001"),
        help_text="What a cost is multiplied by, such as 1.25.",
    )
    margin = AmountField(label="or margin", places=3, required=False, help_text="In %, such as 70.")
    token_price = AmountField(
        label="A token is worth",
        places=MONEY_PLACES,
        required=False,
        least=Decimal(0),
        help_text="In the reporting currency; empty is what was paid on average.",
    )
    per = AmountField(label="Price per", places=9, initial=Decimal(1_000_000), help_text="Units.")
    digits = forms.IntegerField(
        label="Significant digits",
        required=False,
        min_value=1,
        max_value=12,
        initial=4,
        help_text="Of a price, rounded up; empty is 12 decimals.",
    )
    is_alone = forms.BooleanField(
        label="Drop all other rates of the table",
        required=False,
        help_text="Otherwise they stay as they are.",
    )
    reason = ReasonField(required=False)
    moment = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tables, products = RateTable.objects.order_by("name", "code"), Product.objects.all()
        self.fields["table"].choices = [
            (each.code, f"{each} ({each.code}, in {each.token})") for each in tables
        ]
        self.fields["product"].choices = [
            ("", "–"),
            *((each.code, f"{each} ({each.code})") for each in products),
        ]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        markup, margin = asked.get("markup"), asked.get("margin")
        if (markup is None) == (margin is None) and not (
            self.has_error("markup") or self.has_error("margin")
        ):
            self.add_error("markup", "Give a markup or a margin, one of them.")
        elif margin is not None and margin >= HUNDRED:
            self.add_error("margin", "A margin is less than 100 %.")
        if asked.get("per") is not None and not asked["per"]:
            self.add_error("per", "A price is per more than zero units.")
        return asked


class PricesFromCostsPage(DeskFormPage):
    """First what the prices would be; the second button drafts them, at the costs that were shown."""

    permissions = ("pricing.view_costrate", "pricing.add_version", "pricing.change_version")
    template_name = "desk/costs/prices.html"
    form_class = PricesForm

    def title(self) -> str:
        return "Prices from costs"

    def initial(self) -> dict[str, Any]:
        said = Feature.objects.exclude(cost_component="").order_by("cost_component", "code")
        lines = {each.cost_component: each.code for each in said}
        lines = {**dict.fromkeys(USUAL, ""), **lines}
        return {
            "features": "\n".join(f"{component} = {code}" for component, code in lines.items()),
            "table": self.request.GET.get("table", ""),
        }

    def context(self) -> dict[str, Any]:
        return {"providers": providers_at(timezone.now()), "has_tables": RateTable.objects.exists()}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "carry_out" in request.POST:
            return super().post(request, **kwargs)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        now, order = timezone.now(), _order(form.cleaned_data)
        try:
            planned = pricing_from_costs.plan(order, moment=now)
        except DomainError as refusal:
            self.explain(form, refusal)
            return self.shown(form=form)
        sent = {name: value for name, value in request.POST.items() if name in form.fields}
        again = {**sent, "moment": now.isoformat()}
        return self.shown(form=form, planned=planned, again=again, table=order.table)

    def act(self, asked: dict[str, Any]) -> str:
        draft = pricing_from_costs.draft(
            _order(asked),
            moment=asked["moment"] or timezone.now(),
            user=self.request.user,
            reason=asked["reason"] or "Prices from costs",
        )
        messages.success(self.request, f"{draft} is now the draft of {draft.table}, priced from costs.")
        return reverse("admin:pricing_version_change", args=[draft.pk])


def _order(asked: dict[str, Any]) -> PriceOrder:
    markup, margin = asked["markup"], asked["margin"]
    return PriceOrder(
        table=RateTable.objects.get(code=asked["table"]),
        selection=Selection(asked["features"], frozenset(asked["providers"]), asked["models"]),
        markup=Fraction(markup) if markup is not None else markup_for(margin / HUNDRED),
        per=asked["per"],
        digits=asked["digits"],
        token_price=asked["token_price"],
        product=asked["product"],
        is_alone=asked["is_alone"],
    )
