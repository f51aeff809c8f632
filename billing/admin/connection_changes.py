"""Making, changing and switching connections, and their secrets, which are shown once or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from billing.admin.connection_frame import CHANGED, OfConnection, door_of, streams_told, takes_calls
from billing.connectors import registry
from billing.connectors.contract import Connector
from billing.models.connection import CODE, KEPT_DAYS, LONGEST_KEPT_DAYS
from billing.queries.connections import secrets_of
from billing.rules.connecting import FIELDS, INVOICE_ITEM, TASK, Setting
from billing.services import connection_secrets, connection_starts, connections
from billing.services.connections import ConnectionWish
from config.desk.forms import DeskForm, ReasonField, dress
from config.desk.pages import DeskFormPage
from config.desk.refusals import refusals
from config.kernel.errors import DomainError

SET = "set-"
"""Before the names of settings in forms, which may be called as any other field is."""
TOLD = {FIELDS: "figures of accounts", TASK: "tasks", INVOICE_ITEM: "lines of invoices"}
"""Kinds of messages, as people call them."""
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


class AddPage(DeskFormPage):
    """Choose a kind, then say what it needs; secrets that are made here are shown once."""

    permissions = ("billing.add_connection",)
    template_name = "desk/connections/add.html"

    def find(self, **_kwargs: Any) -> None:
        asked = self.request.GET.get("kind", "")
        self.connector = registry.CONNECTORS.get(asked)
        if asked and self.connector is None:
            raise Http404

    def title(self) -> str:
        return f"Connect {self.connector.title}" if self.connector else "Connect an outside system"

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        known = self.connector.settings if self.connector else ()
        return SettingsForm(data, files, known=known, is_new=True)

    def context(self) -> dict[str, Any]:
        kinds = sorted(registry.CONNECTORS.values(), key=lambda each: each.title)
        return {
            "connector": self.connector,
            "kinds": [
                (
                    each,
                    takes_calls(each),
                    streams_told(each, each.streams),
                    [TOLD[kind] for kind in sorted(each.sends)],
                )
                for each in kinds
            ],
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if self.connector is None:
            raise Http404
        form = self.form(request.POST)
        assert isinstance(form, SettingsForm)
        if not form.is_valid():
            return self.shown(form=form)
        try:
            begun = self._begin(form, self.connector)
        except DomainError as refusal:
            form.take(refusal)
            return self.shown(form=form)
        response = self.shown(
            begun=begun,
            row=begun.connection,
            door=door_of(request, begun.connection) if takes_calls(self.connector) else "",
            secrets=[
                (each.label, begun.shown[each.name]) for each in self.connector.settings if each.is_made_here
            ],
        )
        response["Cache-Control"] = "no-store"
        return response

    def _begin(self, form: SettingsForm, connector: Connector) -> connection_starts.Begun:
        known = connector.settings
        with refusals():
            return connection_starts.begin(
                code=form.cleaned_data["code"],
                kind=connector.kind,
                known=known,
                wish=form.wish(known),
                secrets=form.said(known, are_secret=True),
                user=self.request.user,
                reason=form.cleaned_data["reason"],
            )


class SettingsPage(OfConnection, DeskFormPage):
    """Its name, its settings, and how its secrets stand."""

    permissions = CHANGED
    template_name = "desk/connections/settings.html"

    def title(self) -> str:
        return f"Settings of {self.row}"

    @property
    def known(self) -> Sequence[Setting]:
        return self.needed().settings

    def initial(self) -> dict[str, Any]:
        said = {f"{SET}{name}": text for name, text in self.row.settings.items()}
        kept = {name: getattr(self.row, name) for name in KEPT}
        return {"name": self.row.name, **kept, **said}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return SettingsForm(data, files, initial=self.initial(), known=self.known, is_new=False)

    def context(self) -> dict[str, Any]:
        found = secrets_of(self.row.pk, timezone.now())
        return {
            **super().context(),
            "secrets": [(each, found.get(each.name, [])) for each in self.known if each.is_secret],
            "door": door_of(self.request, self.row) if takes_calls(self.connector) else "",
            "may_try": any(each.is_made_here for each in self.known),
        }

    def act(self, asked: dict[str, Any]) -> str:
        said = {each.name: asked.get(f"{SET}{each.name}") or "" for each in self.known if not each.is_secret}
        connections.change(
            connection_id=self.row.pk,
            known=self.known,
            wish=ConnectionWish(asked["name"], said, asked["bodies_days"], asked["runs_days"]),
            user=self.request.user,
            reason=asked["reason"],
        )
        return self.done("Saved: it holds from the next exchange on.")

    def explain(self, form: forms.Form, refusal: DomainError) -> None:
        assert isinstance(form, SettingsForm)
        form.take(refusal)


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


class SecretPage(OfConnection, DeskFormPage):
    """Give it a secret, or have a new one made and shown once."""

    permissions = CHANGED
    template_name = "desk/connections/secret.html"

    def find(self, object_id: int, name: str = "", **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        found = [each for each in self.needed().settings if each.is_secret and each.name == name]
        if not found:
            raise Http404
        (self.setting,) = found

    def title(self) -> str:
        return f"{self.setting.label} of {self.row}"

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return RotateForm(data) if self.setting.is_made_here else SecretForm(data)

    def context(self) -> dict[str, Any]:
        kept = secrets_of(self.row.pk, timezone.now()).get(self.setting.name, [])
        return {**super().context(), "setting": self.setting, "kept": kept}

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.setting.is_made_here:
            return super().post(request, **kwargs)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        made = connection_secrets.rotate(
            connection_id=self.row.pk,
            name=self.setting.name,
            user=request.user,
            reason=form.cleaned_data["reason"],
            keeps_old=not form.cleaned_data["is_leaked"],
        )
        response = self.shown(made=made)
        response["Cache-Control"] = "no-store"
        return response

    def act(self, asked: dict[str, Any]) -> str:
        connection_secrets.put_secret(
            connection_id=self.row.pk,
            name=self.setting.name,
            text=asked["secret"],
            user=self.request.user,
            reason=asked["reason"],
            keeps_old=not asked["is_leaked"],
        )
        return self.done(
            f"{self.setting.label} is kept, sealed. Test the connection to see that it is right."
        )
