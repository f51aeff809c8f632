"""Packs of tokens: what is on sale, and an order of one, confirmed on a page of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse

from billing.portal.frame import BuyerForm, BuyerPage
from billing.queries.buyer_packs import WITHIN, ordered_lately, pack, packs
from billing.services import buyer_orders


class Packs(BuyerPage):
    name, title, template_name = "packs", "Buy tokens", "my/packs.html"

    def context(self) -> dict[str, Any]:
        most = self.rule.packs_most
        left = max(most - ordered_lately(self.account.pk, self.now), 0)
        return {
            "packs": packs(),
            "most": most,
            "left": left,
            "days": WITHIN.days,
            "may_order": most > 0 and self.visitor.may("buyer"),
        }


class OrderForm(forms.Form):
    quantity = forms.IntegerField(label="How many", min_value=1, max_value=10_000, initial=1)
    price = forms.DecimalField(widget=forms.HiddenInput)
    form_token = forms.CharField(widget=forms.HiddenInput, max_length=32)
    reference = forms.CharField(
        label="Your reference",
        max_length=120,
        required=False,
        help_text="Such as a purchase order; it is kept with the order.",
    )
    sure = forms.BooleanField(widget=forms.HiddenInput, required=False)


class OrderPack(BuyerForm):
    """First how many; then, before anything is ordered, what it comes to."""

    name, template_name = "packs", "my/pack.html"
    least = "buyer"
    form_class = OrderForm

    def find(self, sku: str = "", **_kwargs: Any) -> None:
        found = pack(sku) if sku.isprintable() else None
        if found is None:
            raise Http404
        self.pack = found
        self.title = found.name  # type: ignore[misc]

    def context(self) -> dict[str, Any]:
        left = self.rule.packs_most - ordered_lately(self.account.pk, self.now)
        return {"pack": self.pack, "left": max(left, 0), "days": WITHIN.days}

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex, "price": self.pack.list_price, "quantity": 1}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid() and not form.cleaned_data["sure"]:
            asked = form.cleaned_data
            total = self.pack.list_price * Decimal(asked["quantity"])
            return self.shown("my/pack_confirm.html", **self.context(), form=form, asked=asked, total=total)
        return super().post(request, **kwargs)

    def act(self, asked: dict[str, Any]) -> str:
        buyer_orders.order(
            account_id=self.account.pk,
            sku=self.pack.code,
            quantity=asked["quantity"],
            price=asked["price"],
            form_token=asked["form_token"],
            author=self.author(asked["reference"].strip()),
        )
        return f"{self.address('packs')}?done=ordered"
