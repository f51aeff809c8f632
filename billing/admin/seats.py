"""Base seats of an account."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.admin.account_grants import AccountFormPage
from config.desk.forms import DeskForm, MomentField, ReasonField
from usage.services import limiting
from usage.services.authors import Author


class SeatsForm(DeskForm):
    pattern = forms.CharField(
        label="Feature or pattern", max_length=128, help_text="A code such as desk, or desk.* or *."
    )
    seats = forms.IntegerField(
        label="Base seats", min_value=0, max_value=1_000_000, required=False, help_text="Empty ends them."
    )
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    effective_until = MomentField(label="Until", required=False, help_text="In UTC; empty is without end.")
    reason = ReasonField(help_text="The contract or promise behind it; it stands in the books.")


class SeatsPage(AccountFormPage):
    """Let the account have base seats."""

    permissions = ("usage.add_seats",)
    template_name = "desk/account/seats.html"
    form_class = SeatsForm
    back_to = "seats"

    def title(self) -> str:
        return "Give it base seats"

    def act(self, asked: dict[str, Any]) -> str:
        given = limiting.give_seats(
            account_id=self.account.pk,
            pattern=asked["pattern"].strip(),
            seats=asked["seats"],
            author=Author.of(self.request.user, asked["reason"]),
            effective_from=asked["effective_from"],
            effective_until=asked["effective_until"],
        )
        many = "no base seats" if given.seats is None else f"{given.seats} base seats"
        return self.done(f"{given.pattern} has {many} from {given.effective_from:%-d %b %Y %H:%M} UTC.")
