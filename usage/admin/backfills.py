"""Backfills: gathering usage of a period that is over, approving it, and taking it back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from config.desk.desks import ReadOnlyDesk
from config.desk.forms import DeskForm, MomentField, ReasonField
from config.desk.pages import DeskActPage, DeskPage
from config.desk.templatetags.desk import badge, moment
from config.kernel.errors import InvalidRequest
from usage.admin import event_files
from usage.models import ApiKey, Backfill
from usage.queries.backfills import gathered, progress
from usage.services import backfilling

LARGEST_FILE_BYTES = 8 * 1024 * 1024
TONES = {"open": "wait", "approved": "good", "reverting": "wait", "reverted": "plain", "discarded": "plain"}


class OpenForm(DeskForm):
    reason = ReasonField(help_text="Which usage was not reported in time, and why.")


class OpenPage(DeskActPage):
    """Begin to gather usage; nothing is booked by it."""

    permissions = ("usage.add_backfill",)
    template_name = "desk/backfills/ask.html"
    form_class = OpenForm
    button = "Open it"
    about = "Usage older than 35 days is booked by a backfill alone: gathered, looked at, and approved as a whole."

    def title(self) -> str:
        return "Open a backfill"

    def address(self) -> str:
        return reverse("admin:usage_backfill_changelist")

    def act(self, asked: dict[str, Any]) -> str:
        backfill = backfilling.open_backfill(reason=asked["reason"], by=self.by)
        return page_of(backfill)


def page_of(backfill: Backfill) -> str:
    return reverse("admin:usage_backfill_change", args=[backfill.pk])


class OfBackfill(DeskPage):
    """What all pages of one backfill share."""

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.backfill = get_object_or_404(Backfill, pk=object_id)

    def address(self) -> str:
        return page_of(self.backfill)

    def context(self) -> dict[str, Any]:
        return {"backfill": self.backfill}


class BackfillPage(OfBackfill):
    """What was gathered, or what became of it."""

    permissions = ("usage.view_backfill",)
    template_name = "desk/backfills/page.html"

    def title(self) -> str:
        return f"Backfill {self.backfill.pk}"

    def context(self) -> dict[str, Any]:
        waiting, lines = gathered(self.backfill.pk)
        done = None if self.backfill.is_open else progress(self.backfill.pk)
        return {**super().context(), "waiting": waiting, "lines": lines, "progress": done}


class _Asks(DeskActPage, OfBackfill):
    """A page that asks about one backfill, does one thing, and leads back to it."""

    template_name = "desk/backfills/ask.html"


class TakeForm(DeskForm):
    account = forms.CharField(
        max_length=128,
        required=False,
        label="Account",
        help_text="Its exact reference; empty is every account.",
    )
    since = MomentField(label="Used from", required=False, help_text="In UTC; empty is from the first on.")
    until = MomentField(label="Used until", required=False, help_text="In UTC, not included.")


class TakePage(_Asks):
    """Gather events that wait because they are too old."""

    permissions = ("usage.add_backfill",)
    form_class = TakeForm
    button = "Gather them"
    about = (
        "Events that were reported and wait because their usage is older than 35 days, "
        "or that were in a backfill that was discarded."
    )

    def title(self) -> str:
        return "Gather events that are too old"

    def act(self, asked: dict[str, Any]) -> str:
        count = backfilling.take_what_is_too_old(
            backfill=self.backfill,
            account=asked["account"] or None,
            since=asked["since"],
            until=asked["until"],
        )
        return self.done(f"{count:,} event{'' if count == 1 else 's'} gathered.")


class FileForm(DeskForm):
    file = forms.FileField(
        label="CSV file",
        help_text="Columns: account, feature, quantity, time, id; "
        "if you like source, dimension.<name>, cost and currency.",
    )
    api_key = forms.ModelChoiceField(
        ApiKey.objects.none(),
        label="In the name of",
        help_text="A key of the product whose features were used.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = ApiKey.objects.valid().filter(scopes__contains=["events"]).select_related("product")
        self.fields["api_key"].queryset = keys
        self.fields["api_key"].label_from_instance = lambda key: f"{key.product} · {key}"

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        sent = asked.get("file")
        if sent is not None:
            if sent.size > LARGEST_FILE_BYTES:
                raise forms.ValidationError("A file has at most 8 MiB.")
            try:
                asked["text"] = sent.read().decode()
            except UnicodeDecodeError:
                raise forms.ValidationError("The file is not UTF-8 text.") from None
        return asked


class FilePage(_Asks):
    """Gather events from a file: all of them or, where anything is wrong, none."""

    permissions = ("usage.add_backfill",)
    form_class = FileForm
    button = "Read the file"
    about = "Each line is one event. What came before under the same account, source and id is left as it is."

    def title(self) -> str:
        return "Gather events from a file"

    def act(self, asked: dict[str, Any]) -> str:
        key = asked["api_key"]
        read = event_files.parse(asked["text"], f"/backfills/{self.backfill.pk}")
        if read.faults:
            raise InvalidRequest("\n".join(read.faults))
        done = backfilling.take_events(
            backfill=self.backfill, events=read.events, product_id=key.product_id, api_key_id=key.pk
        )
        said = (
            f"{done.accepted:,} gathered, {done.duplicates:,} known before, {len(done.rejected):,} rejected."
        )
        for place in sorted(done.rejected)[:10]:
            messages.warning(
                self.request, f"Event {read.events[place].sent_id}: {done.rejected[place].detail}"
            )
        return self.done(said)


class ApprovePage(_Asks):
    """Let all that was gathered be booked."""

    permissions = ("usage.approve_backfill",)
    button = "Approve it"
    about = "Every event of it is booked, at the rate of its time, whatever the policy says and however old it is."

    def title(self) -> str:
        return f"Approve backfill {self.backfill.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        count = backfilling.approve(backfill=self.backfill, by=self.by)
        return self.done(f"{count:,} event{'' if count == 1 else 's'} will be booked within seconds.")


class DiscardPage(_Asks):
    """Book nothing of it."""

    permissions = ("usage.approve_backfill",)
    button = "Discard it"
    about = "Nothing of it is booked. Its events are kept, and can be gathered into another backfill."

    def title(self) -> str:
        return f"Discard backfill {self.backfill.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        backfilling.discard(backfill=self.backfill, by=self.by)
        return self.done("The backfill is discarded.")


class RevertForm(DeskForm):
    reason = ReasonField(help_text="It stands with every reversal.")


class RevertPage(_Asks):
    """Give back every debit of it."""

    permissions = ("usage.approve_backfill",)
    form_class = RevertForm
    button = "Take it back"
    about = "Every debit of it is given back, and what is not booked yet is not booked any more."

    def title(self) -> str:
        return f"Take back backfill {self.backfill.pk}"

    def act(self, asked: dict[str, Any]) -> str:
        backfilling.revert(backfill=self.backfill, by=self.by, reason=asked["reason"])
        return self.done("Its debits are being given back.")


@admin.register(Backfill)
class BackfillDesk(ReadOnlyDesk):
    purpose = (
        "Usage older than 35 days is booked by a backfill alone: it gathers what products report or a file "
        "holds, and books it when it is approved."
    )
    list_display = ["name", "stands", "reason", "opened", "closed"]
    list_display_links = ["name"]
    list_filter = ["state"]
    ordering = ["-pk"]
    list_before_template = "desk/backfills/above.html"

    def get_urls(self) -> list[URLPattern]:
        one = "<int:object_id>"
        return [
            self.page("open/", OpenPage, "open"),
            self.page(f"{one}/change/", BackfillPage, "change"),
            self.page(f"{one}/take/", TakePage, "take"),
            self.page(f"{one}/file/", FilePage, "file"),
            self.page(f"{one}/approve/", ApprovePage, "approve"),
            self.page(f"{one}/discard/", DiscardPage, "discard"),
            self.page(f"{one}/revert/", RevertPage, "revert"),
            *super().get_urls(),
        ]

    @admin.display(description="Backfill")
    def name(self, backfill: Backfill) -> str:
        return str(backfill.pk)

    @admin.display(description="State")
    def stands(self, backfill: Backfill) -> str:
        return badge(backfill.state, TONES[backfill.state])

    @admin.display(description="Opened")
    def opened(self, backfill: Backfill) -> str:
        return f"{backfill.opened_at:%-d %b %Y %H:%M} by {backfill.opened_by}"

    @admin.display(description="Closed")
    def closed(self, backfill: Backfill) -> str:
        return moment(backfill.closed_at)
