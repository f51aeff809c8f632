"""Prices of one account's own: overrides of rates, and versions it stays on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from billing.admin.account_grants import AccountFormPage
from config.desk.forms import AmountField, DeskForm, MomentField, ReasonField, WhyForm
from config.kernel.amounts import MONEY_PLACES, QUANTITY_PLACES
from pricing.models import RateTable, Version
from usage.models import Override
from usage.queries.terms import table_at
from usage.services import own_prices
from usage.services.own_prices import OwnPriceOrder

KINDS = [
    ("multiplier", "A multiple of the rate, such as 0.8 for a fifth less"),
    ("fixed", "A fixed price"),
    ("free", "Free of charge"),
]


class DimensionsField(forms.CharField):
    """`model=small, region=eu` by name."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("help_text", "Such as model=small, region=eu; empty is any.")
        super().__init__(max_length=2000, **options)

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in str(value or "").split(","))):
            name, sign, text = (piece.strip() for piece in part.partition("="))
            if not sign or not name or not text or name in found:
                raise forms.ValidationError(f"“{part}” is not of the form name=value, each name once.")
            found[name] = text
        return found

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return ", ".join(f"{name}={text}" for name, text in sorted(value.items()))
        return value


class OwnPriceForm(DeskForm):
    feature = forms.CharField(
        label="Feature or pattern", max_length=128, help_text="A code such as chat.input, or chat.* or *."
    )
    dimensions = DimensionsField()
    kind = forms.ChoiceField(label="Pays", choices=KINDS, widget=forms.RadioSelect, initial="multiplier")
    factor = AmountField(label="Multiple", required=False, places=MONEY_PLACES)
    tokens = AmountField(label="Tokens", required=False, places=MONEY_PLACES, help_text="Of a fixed price.")
    per = AmountField(
        label="for so many units", required=False, places=QUANTITY_PLACES, help_text="Empty is 1."
    )
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    effective_until = MomentField(label="Until", required=False, help_text="In UTC; empty is without end.")
    reason = ReasonField(help_text="The contract or promise behind it; it stands in the books.")


class OwnPriceFormPage(AccountFormPage):
    """A page that changes what the account pays of its own."""

    back_to = "terms"


class OwnPricePage(OwnPriceFormPage):
    """Let the account pay its own price for a feature."""

    permissions = ("usage.add_override",)
    template_name = "desk/account/own_price.html"
    form_class = OwnPriceForm

    def title(self) -> str:
        return "Give it a price of its own"

    def act(self, asked: dict[str, Any]) -> str:
        amounts = {"fixed": ("tokens", "per"), "multiplier": ("factor",)}.get(asked["kind"], ())
        order = OwnPriceOrder(
            feature=asked["feature"].strip(),
            kind=asked["kind"],
            dimensions=asked["dimensions"],
            effective_from=asked["effective_from"],
            effective_until=asked["effective_until"],
            **{name: asked[name] for name in amounts},
        )
        made = own_prices.override(
            account_id=self.account.pk, order=order, author=self.author(asked["reason"])
        )
        return self.done(
            f"{made.feature} has a price of its own from {made.effective_from:%-d %b %Y %H:%M} UTC."
        )


class EndOwnPrice(OwnPriceFormPage):
    """Let the account pay the rate again, from now on."""

    permissions = ("usage.add_override",)
    template_name = "desk/account/own_price_end.html"
    form_class = WhyForm

    def find(self, object_id: Any, **kwargs: Any) -> None:
        super().find(object_id)
        self.override = get_object_or_404(Override, account=self.account, pk=kwargs["override_id"])

    def title(self) -> str:
        return "End a price of its own"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "override": self.override}

    def act(self, asked: dict[str, Any]) -> str:
        assert self.override is not None
        order = OwnPriceOrder(self.override.feature, "none", dimensions=self.override.dimensions)
        own_prices.override(account_id=self.account.pk, order=order, author=self.author(asked["reason"]))
        return self.done(f"{self.override.feature} costs what the rate table says again.")


class KeepForm(DeskForm):
    version = forms.ChoiceField(label="Version")
    until = MomentField(label="Until", help_text="In UTC. Then whatever is in force holds.")
    reason = ReasonField(help_text="The contract or promise behind it.")


class KeepVersionPage(OwnPriceFormPage):
    """Let the account stay on a version of the table it pays by."""

    permissions = ("usage.add_pricelock",)
    template_name = "desk/account/keep_version.html"
    form_class = KeepForm

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        super().find(object_id)
        self.table: RateTable | None = table_at(self.account.pk, self.now)

    def title(self) -> str:
        return "Keep a price list for it"

    def context(self) -> dict[str, Any]:
        return {**super().context(), "table": self.table}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        form = super().form(data, files)
        versions = Version.objects.started(self.now).filter(table=self.table).order_by("-number")
        form.fields["version"].choices = [
            (each.pk, f"{each}, from {each.effective_from:%-d %b %Y}") for each in versions
        ]
        return form

    def act(self, asked: dict[str, Any]) -> str:
        version = Version.objects.get(pk=asked["version"])
        own_prices.keep_version(
            account_id=self.account.pk,
            version=version,
            until=asked["until"],
            author=self.author(asked["reason"]),
        )
        return self.done(f"It stays on {version} until {asked['until']:%-d %b %Y %H:%M} UTC.")


class LetGoPage(OwnPriceFormPage):
    """Let the account pay by whatever version is in force, from now on."""

    permissions = ("usage.add_pricelock",)
    template_name = "desk/account/let_go.html"
    form_class = WhyForm

    def title(self) -> str:
        return "Let it pay by the version in force"

    def act(self, asked: dict[str, Any]) -> str:
        table = table_at(self.account.pk, timezone.now())
        if table is None:
            raise Http404
        own_prices.let_go(account_id=self.account.pk, table_id=table.pk, author=self.author(asked["reason"]))
        return self.done("It pays by the version in force.")
