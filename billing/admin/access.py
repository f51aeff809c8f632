"""What an account may use: features opened and closed, and the whole portfolio or only what was bought."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.admin.limit_pages import LimitFormPage
from config.desk.forms import DeskForm, MomentField, ReasonField
from usage.queries.limits_shown import access_of
from usage.rules.access import BOUGHT, PORTFOLIO
from usage.services import entitling
from usage.services.entitling import AccessOrder

SAID = {"open": "is open", "closed": "is closed", "none": "is no longer spoken of"}


class AccessForm(DeskForm):
    pattern = forms.CharField(
        label="Feature or pattern", max_length=128, help_text="A code such as chat.input, or chat.* or *."
    )
    kind = forms.ChoiceField(
        label="The account",
        choices=[
            ("open", "May use it"),
            ("closed", "May not use it: calls are refused"),
            ("none", "Nothing is said any more: what was said of it ends"),
        ],
        widget=forms.RadioSelect,
        initial="open",
    )
    effective_from = MomentField(label="From", required=False, help_text="In UTC; empty is now.")
    effective_until = MomentField(label="Until", required=False, help_text="In UTC; empty is without end.")
    reason = ReasonField(help_text="The contract or promise behind it; it stands in the books.")


class AccessPage(LimitFormPage):
    """Open a feature to the account, close it, or say nothing of it any more."""

    permissions = ("usage.add_access",)
    template_name = "desk/limits/access.html"
    form_class = AccessForm

    def title(self) -> str:
        return "Open or close a feature"

    def initial(self) -> dict[str, Any]:
        return {"pattern": self.request.GET.get("pattern", "")[:128]}

    def act(self, asked: dict[str, Any]) -> str:
        order = AccessOrder(
            asked["pattern"].strip(), asked["kind"], asked["effective_from"], asked["effective_until"]
        )
        fact = entitling.say(account_id=self.account.pk, order=order, author=self.author(asked["reason"]))
        return self.done(f"{fact.pattern} {SAID[fact.kind]} from {fact.effective_from:%-d %b %Y %H:%M} UTC.")


class ModeForm(DeskForm):
    mode = forms.ChoiceField(
        label="The account may use",
        choices=[
            (PORTFOLIO, "The whole portfolio: all that is not closed"),
            (BOUGHT, "Only what was bought: all is closed that is not opened"),
        ],
        widget=forms.RadioSelect,
    )
    reason = ReasonField()


class ModePage(LimitFormPage):
    """The whole portfolio, or only what was bought."""

    permissions = ("usage.add_access",)
    template_name = "desk/limits/mode.html"
    form_class = ModeForm

    def title(self) -> str:
        return "Whole portfolio or only what was bought"

    def initial(self) -> dict[str, Any]:
        return {"mode": access_of(self.account.pk, self.now).mode}

    def context(self) -> dict[str, Any]:
        return {**super().context(), "access": access_of(self.account.pk, self.now)}

    def act(self, asked: dict[str, Any]) -> str:
        author = self.author(asked["reason"])
        is_new = entitling.set_mode(account_id=self.account.pk, mode=asked["mode"], author=author)
        what = "the whole portfolio" if asked["mode"] == PORTFOLIO else "only what was bought"
        return self.done(f"It may use {what}." if is_new else f"It may use {what} already.")
