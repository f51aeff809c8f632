"""Making, changing and switching connections, and their secrets, which are shown once or never."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from billing.admin.connection_forms import KEPT, SET, RotateForm, SecretForm, SettingsForm
from billing.admin.connection_frame import CHANGED, OfConnection, door_of, streams_told, takes_calls
from billing.connectors import registry
from billing.connectors.contract import Connector
from billing.queries.connections import secrets_of
from billing.rules.connecting import FIELDS, INVOICE_ITEM, TASK, Setting
from billing.services import connection_secrets, connection_starts, connections
from billing.services.connections import ConnectionWish
from config.desk.pages import DeskFormPage
from config.desk.refusals import refusals
from config.kernel.errors import DomainError

TOLD = {FIELDS: "figures of accounts", TASK: "tasks", INVOICE_ITEM: "lines of invoices"}
"""Kinds of messages, as people call them."""


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
        return f"{self.row}: {self.setting.label}"

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
