"""The form of an order by hand: an account, and a row a line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.admin.account_grants import FormToken
from billing.models import Offer
from billing.rules.orders import LineAsked
from config.desk.forms import AmountField, MomentField, ReasonField, dress
from config.http.readers import reference
from config.kernel.amounts import MONEY_PLACES, QUANTITY_PLACES
from wallets.models import Account

LINES = 4


class OrderForm(FormToken):
    """Up to LINES lines; one without a SKU is none."""

    account = forms.CharField(max_length=128, help_text="The account's reference.")
    external_id = forms.CharField(
        label="Order",
        max_length=128,
        help_text="Its name in the system that sold it; it stands for one order.",
    )
    starts_at = MomentField(label="Starts", required=False, help_text="In UTC; empty is now.")
    billing = forms.ChoiceField(
        label="Invoices are made",
        choices=[("", "as for the account"), ("invoice", "here"), ("external", "elsewhere")],
        required=False,
    )
    reason = ReasonField(help_text="The contract or promise behind it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offers = Offer.objects.on_sale().order_by("code")
        choices = [("", "–"), *((offer.code, f"{offer.code} · {offer.name}") for offer in offers)]
        made: dict[str, forms.Field] = {}
        for place in range(1, LINES + 1):
            made[f"sku_{place}"] = forms.ChoiceField(label="SKU", choices=choices, required=place == 1)
            made[f"quantity_{place}"] = AmountField(
                label="Quantity", places=QUANTITY_PLACES, least=Decimal("0.000000001"), required=False
            )
            made[f"amount_{place}"] = AmountField(
                label="Amount", places=MONEY_PLACES, least=Decimal(0), required=False
            )
            made[f"ends_at_{place}"] = MomentField(label="Ends", required=False, help_text="")
        for name, field in made.items():
            field.widget.attrs["aria-label"] = f"{field.label}, line {name.rpartition('_')[2]}"
            dress(field.widget)
        self.fields = {**self.fields, **made}

    def rows(self) -> list[list[forms.BoundField]]:
        """The fields of each line."""
        names = ("sku", "quantity", "amount", "ends_at")
        return [[self[f"{name}_{place}"] for name in names] for place in range(1, LINES + 1)]

    def head(self) -> list[forms.BoundField]:
        """The fields of the order as a whole."""
        return [self[name] for name in ("account", "external_id", "starts_at", "billing", "reason")]

    def clean_account(self) -> str:
        account: str = self.cleaned_data["account"]
        if not Account.objects.filter(reference=account).exists():
            raise ValidationError(f"There is no account {account}.")
        return account

    def clean_external_id(self) -> str:
        try:
            return reference(self.cleaned_data["external_id"])
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        asked["lines"] = [
            LineAsked(
                sku=asked[f"sku_{place}"],
                quantity=Decimal(1) if asked.get(f"quantity_{place}") is None else asked[f"quantity_{place}"],
                amount=asked.get(f"amount_{place}"),
                ends_at=asked.get(f"ends_at_{place}"),
            )
            for place in range(1, LINES + 1)
            if asked.get(f"sku_{place}")
        ]
        return asked
