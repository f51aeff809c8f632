"""The sync desk: every connection, how it fares, what went wrong, what was done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils import timezone

from billing.admin import connection_changes as changes
from billing.admin import connection_mapping as mapping
from billing.admin import connection_mending as mending
from billing.admin import connection_resyncs as resyncs
from billing.admin import connection_switching as switching
from billing.admin.connection_frame import (
    BODIES,
    CHANGED,
    SEEN,
    TONES,
    OfConnection,
    connector_of,
    door_of,
    identity,
    kind_of,
    streams_told,
    takes_calls,
)
from billing.models import Connection, Handling, Outgoing, SyncCursor, SyncRun
from billing.queries import connections as shown
from billing.queries.connection_errors import failures
from billing.queries.connection_records import ROWS_SHOWN, messages_of, records_of
from billing.rules.connection_states import RULES
from billing.rules.sending import words_of
from billing.services import connection_tests
from config.desk.desks import Desk
from config.desk.pages import DeskPage
from config.desk.refusals import told

TABS = {"overview": "Errors and runs", "in": "What came in", "out": "What goes out"}
STATES = {"in": Handling.State, "out": Outgoing.State}


def cards(rows: list[Connection]) -> list[dict[str, Any]]:
    """A card a connection, by two questions for all of them."""
    streams = shown.streams_of(rows)
    return [_card(each, streams.get(each.row.pk, [])) for each in shown.standings(rows, timezone.now())]


def _card(standing: shown.Standing, cursors: list[SyncCursor]) -> dict[str, Any]:
    connector = connector_of(standing.row)
    by_stream = {each.stream: each for each in cursors}
    offered = list(connector.streams) if connector else [each.stream for each in cursors]
    titles = streams_told(connector, offered)
    return {
        "row": standing.row,
        "kind": kind_of(standing.row),
        "fares": standing.fares,
        "condition": standing.condition.value,
        "tone": TONES.get(standing.condition.value, "plain"),
        "warnings": standing.warnings,
        "streams": [(title, by_stream.get(each)) for title, each in zip(titles, offered, strict=True)],
        "takes_calls": takes_calls(connector),
        "is_known": connector is not None,
        "needs_nothing": not standing.warnings and standing.row.state == Connection.State.ON,
    }


class SyncPage(DeskPage):
    """All connections; below them what went wrong and what was done, of all of them."""

    permissions = SEEN
    template_name = "desk/connections/all.html"

    def title(self) -> str:
        return "Sync"

    def context(self) -> dict[str, Any]:
        rows = list(Connection.objects.all())
        found = shown.runs(below=identity(self.request.GET.get("below")))
        return {
            "cards": cards(rows),
            "failures": failures(rows, with_bodies=self.request.user.has_perm(BODIES)),
            "rules": RULES.items(),
            "is_of_all": True,
            **_runs(found, self.request),
        }


class ConnectionPage(OfConnection):
    """One connection: its card, and in a tab each its errors and runs, what came in, what goes out."""

    permissions = SEEN
    template_name = "desk/connections/one.html"

    def title(self) -> str:
        return str(self.row)

    def context(self) -> dict[str, Any]:
        asked = self.request.GET.get("tab", "")
        tab = asked if asked in TABS else "overview"
        below = identity(self.request.GET.get("below"))
        (card,) = cards([self.row])
        context = {
            **super().context(),
            "card": card,
            "tab": tab,
            "tabs": TABS.items(),
            "rules": RULES.items(),
        }
        if tab == "overview":
            found = shown.runs(connection_id=self.row.pk, below=below)
            with_bodies = self.request.user.has_perm(BODIES)
            secrets = shown.secrets_of(self.row.pk, timezone.now())
            return {
                **context,
                "failures": failures([self.row], with_bodies=with_bodies),
                "door": door_of(self.request, self.row) if takes_calls(self.connector) else "",
                "missing": missing_secrets(self.connector, secrets),
                **_runs(found, self.request),
            }
        state = self.request.GET.get("state", "")
        state = state if state in STATES[tab].values else ""
        rows = (records_of if tab == "in" else messages_of)(self.row.pk, state=state, below=below)
        return {
            **context,
            "rows": rows[:ROWS_SHOWN],
            "older": rows[ROWS_SHOWN - 1].pk if len(rows) > ROWS_SHOWN else None,
            "is_paged": below is not None,
            "state": state,
            "states": STATES[tab].choices,
        }


def missing_secrets(connector: Any, secrets: dict[str, Any]) -> list[str]:
    """The secrets that a connection needs and does not have, as people call them."""
    known = connector.settings if connector else ()
    return [each.label for each in known if each.is_secret and each.is_needed and not secrets.get(each.name)]


def _runs(found: list[Any], request: HttpRequest) -> dict[str, Any]:
    most = shown.RUNS_SHOWN
    return {
        "runs": [(each, _job_told(each)) for each in found[:most]],
        "older": found[most - 1].pk if len(found) > most else None,
        "is_paged": "below" in request.GET,
    }


def _job_told(run: SyncRun) -> str:
    (title,) = streams_told(connector_of(run.connection), [run.job])
    return words_of(title)


class TryOut(OfConnection):
    """The button "Test connection"."""

    permissions = CHANGED

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        connector = self.needed()
        with told(request):
            run = connection_tests.try_out(
                connection_id=self.row.pk, connector=connector, by=request.user.get_username()
            )
            if run.fault:
                messages.error(request, f"The test failed: {run.fault}")
            else:
                messages.success(request, f"It works. {run.said}")
        return HttpResponseRedirect(self.address())


@admin.register(Connection)
class ConnectionDesk(Desk):
    """Connections have pages of their own; this desk has their history too."""

    def get_urls(self) -> list[URLPattern]:
        one, record, message = (
            "<int:object_id>",
            "<int:object_id>/in/<uuid:record_id>",
            "<int:object_id>/out/<uuid:message_id>",
        )
        return [
            self.page("", SyncPage, "changelist"),
            self.page("add/", changes.AddPage, "add"),
            self.page(f"{one}/change/", ConnectionPage, "change"),
            self.page(f"{one}/test/", TryOut, "test"),
            self.page(f"{one}/settings/", changes.SettingsPage, "settings"),
            self.page(f"{one}/secrets/<str:name>/", changes.SecretPage, "secret"),
            self.page(f"{one}/on/", switching.OnPage, "on"),
            self.page(f"{one}/pause/", switching.PausePage, "pause"),
            self.page(f"{one}/off/", switching.OffPage, "off"),
            self.page(f"{one}/fields/", mapping.MappingPage, "mapping"),
            self.page(f"{one}/fields/preview/", mapping.PreviewPage, "preview"),
            self.page(f"{one}/resync/", resyncs.AskPage, "resync"),
            self.page(f"{one}/resync/<int:resync_id>/", resyncs.ResyncPage, "resync_counted"),
            self.page(f"{one}/resync/<int:resync_id>/progress/", resyncs.Progress, "resync_progress"),
            self.page(f"{one}/resync/<int:resync_id>/cancel/", resyncs.Cancel, "resync_cancel"),
            self.page(f"{one}/errors/again/", mending.AllAgain, "all_again"),
            self.page(f"{one}/errors/ignore/", mending.IgnoreAllPage, "ignore_all"),
            self.page(f"{record}/", mending.RecordPage, "record"),
            self.page(f"{record}/again/", mending.RecordAgain, "record_again"),
            self.page(f"{record}/erase/", mending.EraseRecordPage, "record_erase"),
            self.page(f"{record}/ignore/", mending.IgnoreRecordPage, "record_ignore"),
            self.page(f"{message}/", mending.MessagePage, "message"),
            self.page(f"{message}/again/", mending.MessageAgain, "message_again"),
            self.page(f"{message}/ignore/", mending.IgnoreMessagePage, "message_ignore"),
            *super().get_urls(),
        ]
