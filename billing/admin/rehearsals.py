"""Rehearsals: asking for one, and those that are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html

from billing.admin import rehearsal_pages as pages
from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, MomentField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import badge, brief, by_percent, moment
from pricing.models import Version
from usage.models import Rehearsal, RehearsalState
from usage.services import rehearsing

TONES = {"done": "good", "running": "wait", "queued": "wait", "failed": "bad"}
EARLIER_SHOWN = 10
SAME, OTHER = "same", "other"
PERIODS = [
    ("7", "The last 7 days"),
    ("30", "The last 30 days"),
    ("90", "The last 90 days"),
    (OTHER, "From … until …"),
]


class AskForm(DeskForm):
    """Which recorded usage to put at the version's prices."""

    days = forms.ChoiceField(label="Usage of", choices=PERIODS, widget=forms.RadioSelect, initial="30")
    since = MomentField(label="From", required=False, help_text="In UTC, by when the usage occurred.")
    until = MomentField(label="Until", required=False, help_text="In UTC. At most now.")
    note = forms.CharField(
        label="Note", max_length=200, required=False, help_text="What is tried out, to tell rehearsals apart."
    )

    def __init__(self, *args: Any, last: Rehearsal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if last is not None:
            said = f"As last time: {last.since:%-d %b %Y %H:%M} – {last.until:%-d %b %Y %H:%M}"
            self.fields["days"].choices = [*PERIODS[:-1], (SAME, said), PERIODS[-1]]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("days") == OTHER:
            for name in ("since", "until"):
                if not asked.get(name) and not self.has_error(name):
                    self.add_error(name, "Say when.")
        else:
            for name in ("since", "until"):
                self.errors.pop(name, None)
        return asked


class AskPage(DeskFormPage):
    """From which period the usage is taken; then a worker does the rest."""

    permissions = ("usage.add_rehearsal",)
    template_name = "desk/rehearsals/ask.html"
    form_class = AskForm

    def find(self, version_id: int, **_kwargs: Any) -> None:
        self.version = get_object_or_404(Version.objects.select_related("table"), pk=version_id)
        rows = Rehearsal.objects.filter(table_id=self.version.table_id).select_related("asked_by")
        self.earlier = list(rows[:EARLIER_SHOWN])

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return AskForm(data, files, initial=self.initial(), last=self.earlier[0] if self.earlier else None)

    def title(self) -> str:
        return f"Rehearse {self.version.table} {self.version}"

    def context(self) -> dict[str, Any]:
        return {"version": self.version, "table": self.version.table, "earlier": self.earlier}

    def act(self, asked: dict[str, Any]) -> str:
        since, until = self._period(asked, timezone.now())
        rehearsal = rehearsing.ask(
            version=self.version, since=since, until=until, note=asked["note"], user=self.request.user
        )
        return pages.page_of(rehearsal)

    def _period(self, asked: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
        if asked["days"] == OTHER:
            return asked["since"], asked["until"]
        if asked["days"] == SAME:
            return self.earlier[0].since, self.earlier[0].until
        return now - timedelta(days=int(asked["days"])), now


@admin.register(Rehearsal)
class RehearsalDesk(ReadOnlyDesk):
    """The rehearsals that are kept."""

    purpose = (
        "What recorded usage would have cost at other prices. One begins at a draft of a rate table: "
        "Rehearse."
    )
    list_display = ["what", "period", "asked", "by", "told_state", "before", "after", "change"]
    list_filter = ["table", "state"]
    list_select_related = ["table", "asked_by"]
    ordering = ["-pk"]

    def get_urls(self) -> list[URLPattern]:
        one = "<int:object_id>"
        return [
            self.page("of/<int:version_id>/", AskPage, "ask"),
            self.page(f"{one}/change/", pages.RehearsalPage, "change"),
            self.page(f"{one}/progress/", pages.Progress, "progress"),
            self.page(f"{one}/cancel/", pages.Cancel, "cancel"),
            self.page(f"{one}/discard/", pages.Discard, "discard"),
            self.page(f"{one}/export/", pages.Export, "export"),
            self.page(f"{one}/accounts/", pages.AccountsPage, "accounts"),
            self.page(f"{one}/accounts/<uuid:account_id>/", pages.AccountPage, "account"),
            *super().get_urls(),
        ]

    @admin.display(description="Rehearsal")
    def what(self, row: Rehearsal) -> str:
        return format_html("{} v{} <span>{}</span>", row.table, row.number, row.note)

    @admin.display(description="Usage of")
    def period(self, row: Rehearsal) -> str:
        return format_html("{} – {}", moment(row.since), moment(row.until))

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, row: Rehearsal) -> str:
        return moment(row.asked_at)

    @admin.display(description="By")
    def by(self, row: Rehearsal) -> str:
        return str(row.asked_by or "a program")

    @admin.display(description="State")
    def told_state(self, row: Rehearsal) -> str:
        said = f"running, {row.percent} %" if row.state == RehearsalState.RUNNING else row.state
        return badge(said, TONES.get(row.state, "plain"))

    @admin.display(description="Charged")
    def before(self, row: Rehearsal) -> str:
        return brief(row.tokens_before)

    @admin.display(description="At these prices")
    def after(self, row: Rehearsal) -> str:
        return brief(row.tokens_after)

    @admin.display(description="Change")
    def change(self, row: Rehearsal) -> str:
        return by_percent(row.share)
