"""HubSpot: companies become accounts, won deals orders; figures go back to companies, signals become tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from billing.connectors.contract import OTHER_FORM, Connector
from billing.connectors.crm import first_day
from billing.connectors.exchange import SECONDS
from billing.connectors.hubspot_client import (
    ACCESS_TOKEN,
    ADDRESS,
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    USUAL_ADDRESS,
    Caller,
)
from billing.connectors.hubspot_events import EVENTS, completed, event_wishes, events_in, proven
from billing.connectors.hubspot_pulling import (
    COMPANIES,
    COMPANY,
    DEAL,
    DEALS,
    DELETED,
    DELETED_COMPANY,
    DELETED_DEAL,
    LINES,
    SINCE,
    TASKS,
    bundles,
    changed,
    deleted,
)
from billing.connectors.hubspot_reading import (
    TARGETS,
    company_wishes,
    deal_wishes,
    deleted_company,
    deleted_deal,
)
from billing.connectors.hubspot_sending import OUR_KEY, sent_fields, sent_tasks
from billing.connectors.hubspot_sold import sales_named, sold_between
from billing.rules.connecting import (
    FIELDS,
    SELLER,
    TASK,
    Access,
    Checked,
    Incoming,
    Message,
    Nothing,
    NotSetUp,
    Page,
    Record,
    Refused,
    Renewed,
    Sent,
    Setting,
    Sold,
    Unreachable,
    Unreadable,
    Wish,
)
from billing.rules.mapping import Mapped


class HubSpot(Connector):
    """Walks over what changed, and calls that hasten it; batches of properties and tasks out."""

    kind = "hubspot"
    title = "HubSpot"
    settings = (
        Setting(SINCE, "Deals from", "A day as 2026-11-01: deals that were won before it are left alone."),
        Setting(CLIENT_ID, "Client id", "Of the app, where it renews its tokens.", is_needed=False),
        Setting(
            CLIENT_SECRET,
            "Client secret",
            "Of the app. It signs the calls too.",
            is_secret=True,
            is_needed=False,
        ),
        Setting(
            REFRESH_TOKEN,
            "Refresh token",
            "Of the account that installed the app.",
            "",
            True,
            is_needed=False,
        ),
        Setting(
            ACCESS_TOKEN,
            "Access token",
            "Of a private app; otherwise we fetch it.",
            "",
            True,
            is_needed=False,
        ),
        Setting(f"{COMPANIES}_properties", "More properties of companies", "By comma.", is_needed=False),
        Setting(f"{DEALS}_properties", "More properties of deals", "By comma.", is_needed=False),
        Setting(f"{LINES}_properties", "More properties of line items", "By comma.", is_needed=False),
        Setting(ADDRESS, "Address", default=USUAL_ADDRESS),
        SELLER,
    )
    targets = TARGETS
    streams = (COMPANIES, DEALS, LINES, DELETED)
    stream_titles = {LINES: "deals whose line items changed", DELETED: "what was deleted"}
    sends = frozenset({FIELDS, TASK})
    sells = True
    batch = 100

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def verify(self, access: Access, incoming: Incoming) -> Record:
        return proven(access, incoming)

    def record_in(self, body: bytes) -> Record:
        return events_in(body)

    def complete(self, access: Access, record: Record) -> Record:
        caller = Caller(access, self._seconds)
        if record.kind == EVENTS:
            return completed(caller, access, record)
        if record.kind == DEAL and not record.content.get("companies"):
            return replace(record, content=bundles(caller, access, [record.content["deal"]])[0])
        return record

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        try:
            return _wishes(record, mapped)
        except OTHER_FORM as fault:
            raise Unreadable(f"A record of HubSpot's has another form: {fault!r}"[:300]) from fault

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        caller = Caller(access, self._seconds)
        if stream == DELETED:
            return deleted(caller, access, cursor)
        return changed(caller, access, stream, cursor)

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        sent = {FIELDS: sent_fields, TASK: sent_tasks}
        return sent[messages[0].kind](Caller(access, self._seconds), access, messages) if messages else []

    def sold(self, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
        return sold_between(Caller(access, self._seconds), access, since, until)

    def sales_named(self, access: Access, names: Sequence[str]) -> Iterator[Sold]:
        return sales_named(Caller(access, self._seconds), access, names)

    def renew(self, access: Access, now: datetime) -> Renewed | None:
        if not access.secrets.get(REFRESH_TOKEN):
            return None
        told = Caller(access, self._seconds).token(
            {
                "grant_type": "refresh_token",
                "client_id": access.setting(CLIENT_ID),
                "client_secret": access.secret(CLIENT_SECRET),
                "refresh_token": access.secret(REFRESH_TOKEN),
            }
        )
        tokens = {name: told.get(name) for name in (ACCESS_TOKEN, REFRESH_TOKEN)}
        seconds = told.get("expires_in")
        if not all(isinstance(each, str) and each for each in tokens.values()) or not isinstance(
            seconds, int
        ):
            raise Unreachable("HubSpot answered no tokens.", 200)
        return Renewed({name: str(each) for name, each in tokens.items()}, now + timedelta(seconds=seconds))

    def check(self, access: Access) -> Checked:
        first_day(access, SINCE)
        caller = Caller(access, self._seconds)
        account = caller.get("/account-info/v3/details")
        lacking = [sort for sort in (COMPANIES, DEALS, LINES, TASKS) if not _may_read(caller, sort)]
        if lacking:
            raise NotSetUp(f"The token may not read {', '.join(lacking)}.")
        _check_key(caller)
        return Checked(f"Connected to the HubSpot account {str(account.get('portalId'))[:40]}.")


def _wishes(record: Record, mapped: Mapped) -> Sequence[Wish]:
    content = record.content
    if record.kind == COMPANY:
        return company_wishes(content, mapped)
    if record.kind == DEAL:
        return deal_wishes(content, mapped)
    if record.kind == DELETED_COMPANY:
        return [deleted_company(content)]
    if record.kind == DELETED_DEAL:
        return [deleted_deal(content)]
    if record.kind == EVENTS:
        return event_wishes(content, mapped)
    return [Nothing(f"HubSpot's {record.kind[:40]} do not concern us.")]


def _may_read(caller: Caller, sort: str) -> bool:
    try:
        caller.get(f"/crm/v3/objects/{sort}", limit="1")
    except NotSetUp:
        return False
    return True


def _check_key(caller: Caller) -> None:
    """Tasks are made once by a property of ours whose values are unique.

    Raises NotSetUp where it is missing.
    """
    try:
        found = caller.get(f"/crm/v3/properties/{TASKS}/{OUR_KEY}")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        raise NotSetUp(f"Tasks have no property {OUR_KEY}.") from refusal
    if found.get("hasUniqueValue") is not True:
        raise NotSetUp(f"The property {OUR_KEY} of tasks may have the same value twice.")
