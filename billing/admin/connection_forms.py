"""What is asked of a person who makes or changes a connection, or gives it a secret."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from billing.models.connection import CODE, KEPT_DAYS, LONGEST_KEPT_DAYS
from billing.rules.connecting import Setting
from billing.services.connections import ConnectionWish
from config.desk.forms import DeskForm, ReasonField, dress
from config.kernel.errors import DomainError

SET = "set-"
"""Before the names of settings in forms, which may be called as any other field is."""
KEPT = {"bodies_days": "Days what is told is kept", "runs_days": "Days runs are kept"}
KEPT_HELP = {
    "bodies_days": "What they told and were told, once it is done with; it may name persons. What failed is kept until"
    " it is mended. What has no body any more can't be applied again.",
    "runs_days": "The last of each kind, and failures that are not mended, are kept for longer.",
}


class SettingsForm(DeskForm):
    """A connection's name and what its kind asks for; secrets when it is made, else on pages of their own."""

    name = forms.CharField(max_length=120, help_text="What people call it.")

    def __init__(self, *args: Any, known: Sequence[Setting], is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_new:
            self.fields["code"] = forms.RegexField(
                CODE,
                max_length=40,
                help_text="Small letters, digits and hyphens. It stands in the address that is called and in the"
                " names of orders, and can't be changed.",
            )
        for each in known:
            if each.is_made_here or (each.is_secret and not is_new):
                continue
            self.fields[f"{SET}{each.name}"] = field_of(each)
        for name, what in KEPT.items():
            self.fields[name] = forms.IntegerField(
                initial=KEPT_DAYS,
                required=False,
                min_value=1,
                max_value=LONGEST_KEPT_DAYS,
                label=what,
                help_text=KEPT_HELP[name],
            )
        self.fields["reason"] = ReasonField(required=False, help_text="It stands in the history.")
        for field in self.fields.values():
            dress(field.widget)

    def wish(self, known: Sequence[Setting]) -> ConnectionWish:
        """What the connection is to be, but for its secrets."""
        told = self.cleaned_data
        return ConnectionWish(
            told["name"], self.said(known, are_secret=False), told["bodies_days"], told["runs_days"]
        )

    def said(self, known: Sequence[Setting], *, are_secret: bool) -> dict[str, str]:
        """What was said of settings of one sort, by name."""
        return {
            each.name: self.cleaned_data.get(f"{SET}{each.name}") or ""
            for each in known
            if each.is_secret == are_secret and not each.is_made_here
        }

    def take(self, refusal: DomainError) -> None:
        """Show a refusal beside the fields that it names."""
        for fault in refusal.errors or [None]:
            name = fault.pointer.lstrip("/") if fault else ""
            place = next((each for each in (f"{SET}{name}", name) if each in self.fields), None)
            self.add_error(place, fault.detail if fault else refusal.detail)


def field_of(setting: Setting) -> forms.CharField:
    """The field that asks for a setting. A secret is typed unseen, and can be given later."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "placeholder": setting.default}
    if setting.is_secret:
        widget: forms.TextInput = forms.PasswordInput(attrs={**attrs, "autocomplete": "new-password"})
    else:
        widget = forms.TextInput(attrs=attrs)
    later = " It can be given later." if setting.is_secret else ""
    return forms.CharField(
        label=setting.label,
        help_text=f"{setting.help}{later}".strip(),
        required=setting.is_needed and not setting.default and not setting.is_secret,
        max_length=4000,
        widget=widget,
    )


class SecretForm(DeskForm):
    """A secret that was made elsewhere. What is there already is never shown."""

    secret = forms.CharField(
        max_length=4000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        help_text="One line, as they show it. It is sealed at once, and nobody can show it again.",
    )
    is_leaked = forms.BooleanField(
        required=False,
        label="The former one counts no more",
        help_text="Else it counts beside this one for a day.",
    )
    reason = ReasonField(required=False, help_text="It stands in the history.")


class RotateForm(DeskForm):
    """A secret that is made here."""

    is_leaked = forms.BooleanField(
        required=False,
        label="The former one counts no more",
        help_text="They must take the new one over at once. Else it counts beside the new one for a day.",
    )
    reason = ReasonField(required=False, help_text="It stands in the history.")
