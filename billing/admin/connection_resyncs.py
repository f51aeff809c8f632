"""A full resync: counted first, with a bar; then, by a second press and for a reason, for real."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.admin.connection_frame import CHANGED, SEEN, OfConnection, streams_told
from billing.models import Resync
from billing.queries.resyncs import last_resyncs
from billing.services import resyncing
from config.desk.forms import DeskForm, WhyForm
from config.desk.pages import DeskFormPage
from config.desk.refusals import told


class StreamsForm(DeskForm):
    streams = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label="Streams")

    def __init__(self, *args: Any, offered: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["streams"].choices = offered


class AskPage(OfConnection, DeskFormPage):
    """Which streams to count, and what was counted lately."""

    permissions = CHANGED
    template_name = "desk/connections/resync_ask.html"

    def find(self, object_id: int, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        self.offered = list(self.needed().streams)
        if not self.offered:
            raise Http404

    def title(self) -> str:
        return f"Full resync of {self.row}"

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        titles = streams_told(self.connector, self.offered)
        offered = list(zip(self.offered, titles, strict=True))
        return StreamsForm(data, offered=offered, initial={"streams": self.offered})

    def context(self) -> dict[str, Any]:
        earlier = [(each, streams_told(self.connector, each.streams)) for each in last_resyncs(self.row.pk)]
        return {**super().context(), "earlier": earlier}

    def act(self, asked: dict[str, Any]) -> str:
        resync = resyncing.ask(
            connection_id=self.row.pk, streams=asked["streams"], offered=self.offered, user=self.request.user
        )
        return address_of(resync)


class OfResync(OfConnection):
    """What the pages of one count share."""

    permissions = SEEN

    def find(self, object_id: int, resync_id: int = 0, **kwargs: Any) -> None:
        super().find(object_id, **kwargs)
        rows = Resync.objects.select_related("asked_by")
        self.resync = get_object_or_404(rows, connection=self.row, pk=resync_id)

    def address(self) -> str:
        return address_of(self.resync)


class ResyncPage(OfResync, DeskFormPage):
    """A bar while it is counted; then what the streams would bring, and the button that does it."""

    template_name = "desk/connections/resync.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"Full resync of {self.row}"

    def context(self) -> dict[str, Any]:
        counted = self.resync
        may = self.request.user.has_perms(CHANGED)
        named, counts = [each for each, _ in counted.by_stream], [each for _, each in counted.by_stream]
        return {
            **super().context(),
            "resync": counted,
            "titles": streams_told(self.connector, counted.streams),
            "by_stream": list(zip(streams_told(self.connector, named), counts, strict=True)),
            "may_do": may and counted.state == Resync.State.COUNTED and counted.done_at is None,
            "total": {name: sum(each.get(name, 0) for _, each in counted.by_stream) for name in KINDS},
            "faults": sorted(counted.faults.items(), key=lambda each: -each[1]),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perms(CHANGED):
            return HttpResponse(status=403)
        return super().post(request, **kwargs)

    def act(self, asked: dict[str, Any]) -> str:
        resyncing.set_back(resync_id=self.resync.pk, user=self.request.user, reason=asked["reason"])
        messages.success(self.request, "The streams are set back to their beginning; watch them below.")
        return reverse("admin:billing_connection_change", args=[self.row.pk])


class Progress(OfResync):
    """How far it is, for the page's script."""

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        said = {
            "under_way": self.resync.is_under_way,
            "percent": self.resync.percent,
            "done": self.resync.seen,
            "total": 0,
            "of": "records",
        }
        return JsonResponse(said, headers={"Cache-Control": "no-store"})


class Cancel(OfResync):
    """The button "Cancel"."""

    permissions = CHANGED

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        with told(request, "Counting is cancelled."):
            resyncing.cancel(resync_id=self.resync.pk)
        return HttpResponseRedirect(self.address())


KINDS = ("new", "changed", "known", "nothing", "unreadable")


def address_of(resync: Resync) -> str:
    return reverse("admin:billing_connection_resync_counted", args=[resync.connection_id, resync.pk])
