"""Handing out tokens to an account and taking them back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from billing.admin.account_page import account_or_404
from billing.queries import account_page
from billing.services import hand_acts
from billing.services.hand_acts import Acted
from config.desk.forms import AmountField, DeskForm, MomentField, ReasonField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import day, tokens
from config.kernel.amounts import MONEY_PLACES
from usage.rules.grants import GrantOrder
from usage.services.authors import Author
from wallets.models import Currency, Grant, TokenUnit
from wallets.queries.balances import holding_now
from wallets.queries.grants import buckets_of


def told_of(request: HttpRequest, done: Acted, said: str) -> None:
    """Say that it is done, or that it waits for a second person and why."""
    if done.is_waiting:
        messages.warning(
            request, f"{done.act.why} It waits for another person's approval; nothing moved yet."
        )
    else:
        messages.success(request, said)


class FormToken(DeskForm):
    """A form that counts once, however often it is sent."""

    form_token = forms.CharField(widget=forms.HiddenInput, max_length=64)


class AccountFormPage(DeskFormPage):
    """A form about one account. Its button leads back to the account's page."""

    back_to = "balance"

    def find(self, object_id: Any, **_kwargs: Any) -> None:
        self.account = account_or_404(object_id)
        self.now = timezone.now()

    def context(self) -> dict[str, Any]:
        return {"account": self.account, "back": self.address()}

    def author(self, reason: str) -> Author:
        """The person who asks, and why."""
        return Author.of(self.request.user, reason)

    def unit_asked(self) -> str | None:
        """The token unit that the address names, if there is such a one."""
        asked = self.request.GET.get("unit")
        return next((unit.code for unit in TokenUnit.objects.all() if unit.code == asked), None)

    def address(self) -> str:
        return f"{reverse('admin:wallets_account_change', args=[self.account.pk])}?tab={self.back_to}"


class GrantForm(FormToken):
    kind = forms.ChoiceField(
        choices=Grant.Kind.choices,
        help_text="Goodwill is a promo, a correction an adjustment. A purchase or an adjustment first repays overage.",
    )
    tokens = AmountField(label="Tokens", least=Decimal("0.000001"))
    unit = forms.ChoiceField(label="Token unit")
    effective_at = MomentField(
        label="Start", required=False, help_text="In UTC; empty is now, at most 35 days back."
    )
    expires_at = MomentField(label="Expiry", required=False, help_text="In UTC; empty is never.")
    priority = forms.IntegerField(
        min_value=0, max_value=100, initial=50, help_text="0 to 100; lower is drawn first."
    )
    features = forms.CharField(
        required=False,
        label="Only for",
        help_text="Codes or patterns such as chat.*, apart by commas; empty is every feature.",
    )
    unit_cost = AmountField(label="Paid for one token", places=MONEY_PLACES, least=Decimal(0), required=False)
    currency = forms.ChoiceField(required=False)
    external_id = forms.CharField(
        required=False,
        max_length=255,
        label="External id",
        help_text="The order or invoice; counts once an account.",
    )
    reason = ReasonField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = TokenUnit.objects.order_by("-is_default", "code")
        self.fields["unit"].choices = [(unit.code, f"{unit.code} · {unit.name}") for unit in units]
        self.fields["currency"].choices = [
            ("", "–"),
            *((each.code, each.code) for each in Currency.objects.all()),
        ]

    def clean_features(self) -> tuple[str, ...]:
        return tuple(
            part for part in (part.strip() for part in self.cleaned_data["features"].split(",")) if part
        )


class GrantPage(AccountFormPage):
    """Hand out tokens of any kind."""

    permissions = ("wallets.add_grant",)
    template_name = "desk/account/grant.html"
    form_class = GrantForm
    back_to = "grants"

    def title(self) -> str:
        return "Grant tokens"

    def initial(self) -> dict[str, Any]:
        return {
            "form_token": uuid4().hex,
            "priority": 50,
            "kind": Grant.Kind.PURCHASE,
            "unit": self.unit_asked(),
        }

    def context(self) -> dict[str, Any]:
        unit, _ = account_page.unit_and_wallet(self.account, self.request.GET.get("unit"))
        return {**super().context(), "unit": unit, "holding": holding_now(self.account.pk, unit.pk)}

    def act(self, asked: dict[str, Any]) -> str:
        order = GrantOrder(
            kind=asked["kind"],
            tokens=asked["tokens"],
            token=asked["unit"],
            effective_at=asked["effective_at"],
            expires_at=asked["expires_at"],
            priority=asked["priority"],
            features=asked["features"],
            unit_cost=asked["unit_cost"],
            currency=asked["currency"] or None,
            reason=asked["reason"],
            external_id=asked["external_id"] or None,
        )
        done = hand_acts.grant(
            reference=self.account.reference,
            order=order,
            form_token=asked["form_token"],
            user=self.request.user,
        )
        told_of(self.request, done, f"{tokens(asked['tokens'])} tokens are booked for {self.account}.")
        return self.address()


class VoidForm(FormToken):
    reason = ReasonField()


class VoidPage(AccountFormPage):
    """Take back what is left of a grant."""

    permissions = ("wallets.void_grant",)
    template_name = "desk/account/void.html"
    form_class = VoidForm
    back_to = "grants"

    def find(self, object_id: Any, grant_id: Any = None, **_kwargs: Any) -> None:
        super().find(object_id)
        rows = Grant.objects.filter(account=self.account).select_related("wallet__unit")
        self.grant = get_object_or_404(rows, pk=grant_id)

    def title(self) -> str:
        return "Take back a grant"

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "grant": self.grant, "buckets": buckets_of(self.grant, self.now)}

    def act(self, asked: dict[str, Any]) -> str:
        done = hand_acts.void(
            grant_id=self.grant.pk,
            reason=asked["reason"],
            form_token=asked["form_token"],
            user=self.request.user,
        )
        told_of(self.request, done, "What was left of the grant is taken back.")
        return self.address()


class ExpiryForm(FormToken):
    expires_at = MomentField(
        label="New expiry",
        required=False,
        help_text="In UTC, later or sooner than now; empty is never. More than five minutes ahead.",
    )
    reason = ReasonField()


class ExpiryPage(VoidPage):
    """Let a grant expire at another instant."""

    permissions = ("wallets.extend_grant",)
    template_name = "desk/account/expiry.html"
    form_class = ExpiryForm

    def title(self) -> str:
        return "Move an expiry"

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex, "expires_at": self.grant.expires_at}

    def act(self, asked: dict[str, Any]) -> str:
        ends = asked["expires_at"]
        done = hand_acts.move_expiry(
            grant_id=self.grant.pk,
            expires_at=ends,
            reason=asked["reason"],
            form_token=asked["form_token"],
            user=self.request.user,
        )
        said = format_html("It expires {} now.", day(ends)) if ends else "It never expires now."
        told_of(self.request, done, said)
        return self.address()
