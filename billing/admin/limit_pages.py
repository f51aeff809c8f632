"""What the forms of an account's limits have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from billing.admin.account_grants import AccountFormPage
from config.desk.forms import DeskForm
from config.kernel.errors import DomainError
from usage.errors import LimitChanged

SPANS = [
    ("day", "Each day"),
    ("week", "Each week, from Monday"),
    ("month", "Each month"),
    ("year", "Each year"),
    ("total", "Once, in all"),
]


class LimitFormPage(AccountFormPage):
    """A form that changes what the account may use, or how far."""

    back_to = "limits"


class SeenForm(DeskForm):
    """Carries which limit the person saw, so that nobody replaces another one unknowingly."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def clean_seen(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError as fault:
            raise forms.ValidationError("Open the page again.") from fault

    def mark_as_seen(self, recorded_at: datetime) -> None:
        """Let saving again replace what there is now."""
        self.data = self.data.copy()
        self.data["seen"] = recorded_at.isoformat()


class SeenFormPage(LimitFormPage):
    """A form that changes a limit which somebody else may change meanwhile."""

    def explain(self, form: Any, refusal: DomainError) -> None:
        if not isinstance(refusal, LimitChanged):
            super().explain(form, refusal)
            return
        form.mark_as_seen(refusal.recorded_at)
        form.add_error(None, f"{refusal.detail} What holds now is shown beside; save again to replace it.")
