"""The catalogue: what can be sold, and what one of it gives."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import Field
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from billing.models import Offer, OfferAccess, OfferAllowance, OfferSeats, OfferTokens
from billing.queries.offers import snapshot_of
from billing.rules.offers import Snapshot, TokensPart, faults_of, policy_kept, policy_read, turn
from config.desk.desks import REASON, Desk, PlainAmounts, ReasonForm
from config.desk.templatetags.desk import badge, tokens
from config.http import shapes
from config.http.json_text import parse
from config.kernel.errors import DomainError
from config.kernel.money import in_currency
from config.kernel.signing import signed
from pricing.models import RateTable
from usage.api.requests_of_policies import Block, Overage, choice
from usage.rules import policy_words
from usage.rules.policies import faults_of as policy_faults_of
from wallets.models import Currency

BLOCKS = '{"mode": "block"}'
EXAMPLE = '{"mode": "overage", "limit": "100"}'


class PolicyText(forms.CharField):
    """A policy in the JSON that programs send; kept as `billing.rules.offers` spells it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}))
        options.setdefault(
            "help_text",
            f"What happens where tokens end, for accounts that have it: {BLOCKS} stops them, {EXAMPLE} lets 100 more "
            "be used. It is the policy of PUT /accounts; empty leaves the account's own.",
        )
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            policy = choice(shapes.read(Block | Overage, parse(text.encode())))  # type: ignore[arg-type]
        except DomainError as refusal:
            told = [f"{each.pointer} {each.detail}".strip() for each in refusal.errors] or [refusal.detail]
            raise forms.ValidationError(told) from refusal
        faults = [f"{each.pointer} {each.detail}" for each in policy_faults_of(policy)]
        if faults:
            raise forms.ValidationError(faults)
        return policy_kept(policy)

    def prepare_value(self, value: Any) -> Any:
        policy = policy_read(value) if isinstance(value, dict) else None
        return json.dumps(policy_words.shown(policy), indent=2) if policy is not None else value


class OfferForm(ReasonForm):
    currency = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    rate_table = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The price list of accounts that have it; empty leaves theirs.",
    )
    policy = PolicyText()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = Currency.objects.order_by("-is_reporting", "code").values_list("code", flat=True)
        tables = RateTable.objects.order_by("code").values_list("code", flat=True)
        for name, choices in (
            ("currency", [(code, code) for code in codes]),
            ("rate_table", [("", "–"), *((code, code) for code in tables)]),
        ):
            if name in self.fields:
                self.fields[name].choices = choices  # type: ignore[attr-defined]


class TokensFormSet(BaseInlineFormSet):
    """The tokens of one offer, which are judged together and by how often the offer is paid for."""

    def clean(self) -> None:
        super().clean()
        told = [sentence for form in self.forms for sentence in form.non_field_errors()]
        if told:  # what is wrong with a part as a whole is shown above them: the part's own form has no place for it
            raise forms.ValidationError(told)
        if any(self.errors):
            return
        period = self.instance.period
        parts = tuple(
            _part(form.cleaned_data, period)
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        )
        zero = Decimal(0)
        faults = list(faults_of(Snapshot("", "", "", zero, "", period, "", None, "", tokens=parts)))
        if faults:
            raise forms.ValidationError(faults)


def _part(asked: dict[str, Any], period: str) -> TokensPart:
    return TokensPart(
        unit=asked["unit"].code,
        tokens=asked["tokens"],
        every=turn(asked["every"], period),
        is_bonus=asked["is_bonus"],
        share=asked["share"],
        lasts_days=None,
        lasts_months=None,
        ends_with_period=False,
        priority=50,
        features=tuple(asked["features"] or ()),
    )


def _each(every: str, period: str) -> str:
    return f" a {turn(every, period)}" if every else ""


class _Fields(PlainAmounts):
    """Features as a line of text, and no buttons beside what is chosen."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, ArrayField) and field is not None:
            field.widget = UnfoldAdminTextInputWidget()
            field.help_text = "Codes, or patterns such as chat.*, apart by commas; empty is every feature."
        for verb in ("add", "change", "delete", "view"):
            if hasattr(getattr(field, "widget", None), f"can_{verb}_related"):
                setattr(field.widget, f"can_{verb}_related", False)
        return field


class TokensInline(_Fields, StackedInline):
    model = OfferTokens
    verbose_name, verbose_name_plural = "grant of tokens", "Tokens"
    formset = TokensFormSet
    extra = 0
    fields = [
        ("tokens", "unit"),
        ("every", "ends_with_period"),
        ("lasts_days", "lasts_months"),
        ("share", "is_bonus"),
        ("priority", "features"),
    ]


class SeatsInline(TabularInline):
    model = OfferSeats
    verbose_name, verbose_name_plural = "feature with seats", "Seats"
    extra = 0


class AllowanceInline(_Fields, TabularInline):
    model = OfferAllowance
    verbose_name, verbose_name_plural = "feature with included units", "Included units"
    extra = 0


class AccessInline(TabularInline):
    model = OfferAccess
    verbose_name, verbose_name_plural = "feature that it opens", "Access"
    extra = 0


@admin.register(Offer)
class OfferDesk(_Fields, Desk):
    """What is on sale. An edit holds for lines that are ordered from now on; earlier ones keep what they meant."""

    purpose = (
        "What you sell, each under a code of its own: packs of tokens, plans by the month or year, seats. "
        "Begin with one offer; orders and quotations then name it. A file of them: manage.py offers import."
    )
    form = OfferForm
    list_display = ["sku", "name", "sort", "gives", "price", "state"]
    list_display_links = ["sku"]
    list_filter = ["kind", "is_sold"]
    search_fields = ["code", "name"]
    search_help_text = "SKU or name"
    fields = [
        ("code", "name"),
        ("kind", "period"),
        ("list_price", "currency"),
        ("is_sold", "is_for_buyers"),
        ("buyers_budget_most", "buyers_packs_most"),
        ("rate_table", "entitlements"),
        "trial",
        "policy",
        "policy_said",
    ]
    readonly_fields = ["policy_said"]
    fixed_fields = ["code"]
    inlines = [TokensInline, SeatsInline, AllowanceInline, AccessInline]
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_parts()

    def get_fields(self, request: HttpRequest, obj: Offer | None = None) -> Any:
        """The policy's text is for who may change it, its words for whoever sees one."""
        hidden = (
            "policy_said" if obj is None else "" if self.has_change_permission(request, obj) else "policy"
        )
        return [each for each in super().get_fields(request, obj) if each != hidden]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each part with its author and reason in the history."""
        reason = form.cleaned_data.get(REASON) or ""
        rows = formset.save(commit=False)
        for row in formset.deleted_objects:
            signed(row, request.user, reason).delete()
        for row in rows:
            signed(row, request.user, reason).save()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        offer = Offer.objects.with_parts().get(pk=form.instance.pk)
        if offer.is_sold and snapshot_of(offer).gives_nothing:
            cost = in_currency(offer.list_price, offer.currency)
            messages.warning(
                request, f"{offer.code} is on sale for {cost} and gives nothing: add tokens, seats or access."
            )

    @admin.display(description="Policy in words")
    def policy_said(self, offer: Offer) -> str:
        policy = policy_read(offer.policy)
        return "The account's own." if policy is None else f"{'; '.join(policy_words.in_words(policy))}."

    @admin.display(description="SKU", ordering="code")
    def sku(self, offer: Offer) -> str:
        return offer.code

    @admin.display(description="Kind", ordering="kind")
    def sort(self, offer: Offer) -> str:
        return offer.get_kind_display()

    @admin.display(description="Gives")
    def gives(self, offer: Offer) -> str:
        found = [
            f"{tokens(part.tokens)} {part.unit.code}{' bonus' if part.is_bonus else ''}"
            f"{_each(part.every, offer.period)}"
            for part in offer.tokens.all()
        ]
        found += [
            f"{part.seats} seat{'' if part.seats == 1 else 's'} of {part.pattern}"
            for part in offer.seats.all()
        ]
        found += [f"{tokens(part.units)} of {part.pattern} free" for part in offer.allowances.all()]
        meant = snapshot_of(offer)
        return ", ".join([*found, *meant.terms]) or ("nothing" if meant.gives_nothing else "–")

    @admin.display(description="List price", ordering="list_price")
    def price(self, offer: Offer) -> str:
        each = f" a {offer.period}" if offer.period else ""
        return f"{in_currency(offer.list_price, offer.currency)}{each}"

    @admin.display(description="State", ordering="is_sold")
    def state(self, offer: Offer) -> str:
        return badge("on sale" if offer.is_sold else "ended", "good" if offer.is_sold else "plain")
