"""Fields of a quotation that is a draft: its head, and a form for each line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils import timezone

from billing.models import Offer
from billing.queries.estimates import currencies_on_sale
from billing.queries.promotions import promotions_for
from billing.queries.quotation_paper import EVERY
from billing.rules.money import written
from config.desk.forms import AmountField, DeskForm
from config.kernel.amounts import MONEY_PLACES, QUANTITY_PLACES
from wallets.models import Currency

EMPTY_ROWS = 2
PER_CENT = {"places": 6, "least": Decimal(0), "required": False}


class DayField(forms.DateField):
    """A day of the account's calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HeadForm(DeskForm):
    currency = forms.ChoiceField(help_text="Of all lines: offers in it have a list price.")
    last_day = DayField(label="Valid until", help_text="The last day on which it can be accepted.")
    first_day = DayField(label="Holds from", required=False, help_text="Empty: when it is accepted.")
    discount_share = AmountField(label="Discount, %", **PER_CENT)
    discount_amount = AmountField(label="or an amount", places=MONEY_PLACES, least=Decimal(0), required=False)
    discount_reason = forms.CharField(label="Why", max_length=200, required=False)
    note = forms.CharField(
        label="Note to the customer",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    edits = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sold = currencies_on_sale()
        known = Currency.objects.values_list("code", flat=True)
        self.fields["currency"].choices = [
            (code, code) for code in [*sold, *(code for code in known if code not in sold)]
        ]


class LineForm(forms.Form):
    sku = forms.ChoiceField(label="Offer", required=False)
    quantity = AmountField(label="Quantity", places=QUANTITY_PLACES, required=False)
    promotion = forms.ChoiceField(label="Promotion", required=False)
    share = AmountField(label="Off, %", **PER_CENT)
    amount = AmountField(label="or amount off", places=MONEY_PLACES, least=Decimal(0), required=False)
    reason = forms.CharField(label="Why", max_length=200, required=False)
    last_day = DayField(label="Until", required=False)

    def __init__(
        self, *args: Any, offers: list[tuple[str, str]], promotions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        known = {code for code, _ in offers}
        asked = str(self.initial.get("sku") or "")
        gone = [(asked, f"{asked} · not on sale any more")] if asked and asked not in known else []
        self.fields["sku"].choices = [("", "–"), *offers, *gone]
        chosen = str(self.initial.get("promotion") or "")
        over = (
            [(chosen, f"{chosen} · over")]
            if chosen and chosen not in {code for code, _ in promotions}
            else []
        )
        self.fields["promotion"].choices = [("", "by itself"), *promotions, *over]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        others = ("quantity", "promotion", "share", "amount", "reason", "last_day")
        if not asked.get("sku") and any(asked.get(name) for name in others) and not asked.get("DELETE"):
            self.add_error("sku", "Choose an offer, or empty the row.")
        return asked


LinesForm = formset_factory(LineForm, extra=EMPTY_ROWS, can_delete=True, max_num=100)


def offer_choices() -> list[tuple[str, str]]:
    return [
        (
            offer.code,
            f"{offer.name} · {offer.code} · {written(offer.list_price, offer.currency)}"
            f"{' ' + EVERY[offer.period] if offer.period else ''}",
        )
        for offer in Offer.objects.on_sale()
    ]


def promotion_choices(account_id: Any) -> list[tuple[str, str]]:
    return [(each.code, f"{each.name} ({each.code})") for each in promotions_for(account_id, timezone.now())]
