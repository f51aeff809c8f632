"""A policy that is being written, put before the calls of an account's last week, on the page where it is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from config.desk.pages import DeskFormPage
from usage.queries.policies import Scope
from usage.queries.policy_rehearsals import rehearsed
from usage.rules.policies import PolicyChoice
from usage.rules.policy_rehearsing import RehearsedPolicy
from wallets.models import Account
from wallets.queries.units import unit_named

SHOWN = 50


@dataclass(frozen=True)
class Rehearsal:
    """What a policy would have refused of an account's calls, in the default token unit."""

    account: Account
    unit: str
    found: RehearsedPolicy

    @property
    def shown(self) -> list[Any]:
        """The latest of the refused calls, the newest first."""
        return list(self.found.refused[::-1][:SHOWN])


def rehearsal_of(
    account: Account, policy: PolicyChoice, now: datetime, scope: Scope | None = None
) -> Rehearsal:
    unit = unit_named(None)
    found = rehearsed(account_id=account.pk, unit_id=unit.pk, policy=policy, moment=now, scope=scope)
    return Rehearsal(account, unit.code, found)


class RehearsingPage(DeskFormPage):
    """A form page with a second button, which rehearses and changes nothing."""

    def rehearsal(self, asked: dict[str, Any]) -> Rehearsal:
        raise NotImplementedError

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        form = super().form(data, files)
        if data and "rehearse" in data:
            form.fields["reason"].required = False
        return form

    def post(self, request: HttpRequest, **options: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if "rehearse" not in request.POST or not form.is_valid():
            return super().post(request, **options)
        form.fields["reason"].required = True
        return self.shown(form=form, rehearsed=self.rehearsal(form.cleaned_data))
