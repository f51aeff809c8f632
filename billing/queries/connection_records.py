"""What came in and what goes out over a connection, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billing.models import Handling, Link, OrderName, Outgoing, Received
from billing.rules.connecting import FIELDS
from wallets.models import Account

ROWS_SHOWN = 50
OFFERED = 20
LONGEST_BODY = 200_000
PAGES = ("order", "account")
"""What has a page of its own that a record leads to."""


@dataclass(frozen=True, slots=True)
class Came:
    """What one wish of a record came to, in a sentence. about: order, account or another; pk: of the first two."""

    said: str
    about: str
    pk: UUID | None


def records_of(connection_id: int, *, state: str = "", below: UUID | None = None) -> list[Handling]:
    """What came in, one more than a page shows. state: those alone. below: older ones."""
    rows = Handling.objects.filter(connection=connection_id).select_related("received")
    if state:
        rows = rows.filter(state=state)
    rows = rows.filter(received__connection=connection_id)
    if below is not None:
        rows = rows.filter(received__id__lt=below)
    return list(rows.order_by("-received__id")[: ROWS_SHOWN + 1])


def messages_of(connection_id: int, *, state: str = "", below: UUID | None = None) -> list[Outgoing]:
    """What goes out, one more than a page shows. state: those alone. below: older ones."""
    rows = Outgoing.objects.filter(connection=connection_id)
    if state:
        rows = rows.filter(state=state)
    if below is not None:
        rows = rows.filter(pk__lt=below)
    return list(rows.order_by("-pk")[: ROWS_SHOWN + 1])


def last_received(connection_id: int) -> list[Received]:
    """The last records that came in, to try a mapping on."""
    rows = Received.objects.filter(connection=connection_id).select_related("handling")
    return list(rows.order_by("-pk")[:OFFERED])


def received_of(connection_id: int, record_id: UUID) -> Received | None:
    """One record that came in over this connection; None where there is no such one."""
    rows = Received.objects.filter(connection=connection_id, pk=record_id).select_related(
        "handling", "connection"
    )
    return rows.first()


def came_to(outcome: Sequence[Mapping[str, Any]]) -> list[Came]:
    """What a record came to, each with the account or the order that it is about, where that is here."""
    names = {about: [each.get("ref") for each in outcome if each.get("about") == about] for about in PAGES}
    orders = OrderName.objects.filter(external_id__in=names["order"]).values_list("external_id", "order_id")
    accounts = Account.objects.filter(reference__in=names["account"]).values_list("reference", "pk")
    known = {"order": dict(orders), "account": dict(accounts)}
    return [
        Came(str(each.get("said") or each), about, known.get(about, {}).get(str(each.get("ref"))))
        for each in outcome
        for about in [str(each.get("about"))]
    ]


def named_record(connection_id: int, name: str) -> Received | None:
    """The record of this identity, ours or theirs."""
    rows = Received.objects.filter(connection=connection_id)
    found = rows.filter(external_id=name).first()
    if found is not None:
        return found
    try:
        return rows.filter(pk=UUID(name)).first()
    except ValueError:
        return None


def pretty(body: bytes, most: int = LONGEST_BODY) -> str:
    """A body for people: indented where it is JSON, as it came where it is not, its beginning where it is long.

    most: characters.
    """
    try:
        told = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        text = told.encode("utf-8", "replace").decode()
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most:,} characters more"


def links_of(account: Account) -> list[Link]:
    """What outside systems call an account, with `sent`: the figures they were last sent, where there are any."""
    rows = (
        Link.objects.filter(about=account).select_related("connection").order_by("connection", "kind", "pk")
    )
    links = list(rows)
    asked = [each.connection_id for each in links]
    sent = Outgoing.objects.filter(connection__in=asked, kind=FIELDS, subject=account.reference)
    newest = sent.order_by("connection_id", "-pk").distinct("connection_id")
    by_connection = {each.connection_id: each for each in newest}
    for each in links:
        each.sent = by_connection.get(each.connection_id)  # type: ignore[attr-defined]
    return links
