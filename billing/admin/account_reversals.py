"""Giving a debit back by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.admin.account_grants import AccountFormPage, FormToken, told_of
from billing.queries.hand_acts import left_of
from billing.services import hand_acts
from config.desk.forms import AmountField, ReasonField
from config.desk.templatetags.desk import tokens
from usage.models import Debit


class ReverseForm(FormToken):
    tokens = AmountField(
        label="Tokens",
        least=Decimal("0.000001"),
        required=False,
        help_text="Empty is all that is left, and with it allowances and tier units.",
    )
    reason = ReasonField(help_text="It stands with the reversal.")


class ReversePage(AccountFormPage):
    """Give back what is left of a debit, or a part of it."""

    permissions = ("usage.reverse_debit",)
    template_name = "desk/account/reverse.html"
    form_class = ReverseForm

    def find(self, object_id: Any, debit_id: Any = None, **_kwargs: Any) -> None:
        super().find(object_id)
        rows = Debit.objects.filter(account=self.account).select_related("unit")
        self.debit = get_object_or_404(rows, pk=debit_id)

    def title(self) -> str:
        return "Give a debit back"

    def initial(self) -> dict[str, Any]:
        return {"form_token": f"desk {uuid4().hex}"}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "debit": self.debit, "left": left_of(self.debit)}

    def address(self) -> str:
        return reverse("admin:usage_debit_change", args=[self.debit.pk])

    def act(self, asked: dict[str, Any]) -> str:
        done = hand_acts.reverse(
            debit_id=self.debit.pk,
            tokens=asked["tokens"],
            reason=asked["reason"],
            form_token=asked["form_token"],
            user=self.request.user,
        )
        told_of(self.request, done, f"{tokens(done.act.tokens)} tokens are given back.")
        return self.address()
