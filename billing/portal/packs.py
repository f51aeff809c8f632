"""Packs of tokens: what is on sale, and an order of one, confirmed on a page of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse

from billing.portal.frame import BuyerForm, BuyerPage
from billing.queries.buyer_packs import WITHIN, ordered_lately, pack, packs, seen_as
from billing.services import buyer_orders
from config.kernel.errors import DomainError
from wallets.models import TokenUnit
from wallets.queries.balances import holding_now


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
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
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
        seen = {"price": self.pack.list_price, "seen": seen_as(self.pack)}
        return {"form_token": uuid4().hex, "quantity": 1, **seen}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid() or form.cleaned_data["sure"]:
            return super().post(request, **kwargs)
        asked = form.cleaned_data
        try:
            seen = (asked["price"], asked["seen"])
            buyer_orders.check(self.account.pk, self.pack.code, asked["quantity"], *seen, self.now)
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
            return self.shown(self.template_name, **self.context(), form=form)
        total = self.pack.list_price * Decimal(asked["quantity"])
        told: dict[str, Any] = {"asked": asked, "total": total, "repaid": self._overage()}
        return self.shown("my/pack_confirm.html", **self.context(), **told, form=form)

    def _overage(self) -> list[tuple[str, Decimal]]:
        """What was spent beyond tokens of the units that the pack sells, by unit."""
        sold = {part.unit for part in self.pack.tokens if not part.is_bonus}
        units = TokenUnit.objects.filter(code__in=sold).order_by("code")
        held = [(unit.code, holding_now(self.account.pk, unit.pk).overage) for unit in units]
        return [(code, overage) for code, overage in held if overage]

    def act(self, asked: dict[str, Any]) -> str:
        buyer_orders.order(
            account_id=self.account.pk,
            sku=self.pack.code,
            quantity=asked["quantity"],
            price=asked["price"],
            seen=asked["seen"],
            form_token=asked["form_token"],
            author=self.author(asked["reference"].strip()),
        )
        return f"{self.address('packs')}?done=ordered"
