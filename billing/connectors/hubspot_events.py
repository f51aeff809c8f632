"""HubSpot's webhooks: calls of up to 100 events that say what changed, and not what it is now."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from billing.connectors.hubspot_client import BATCH, CLIENT_SECRET, Caller
from billing.connectors.hubspot_pulling import COMPANIES, DEALS, LINES, associated, bundles, read_by_id
from billing.connectors.hubspot_reading import company_wishes, deal_wishes
from billing.rules.connecting import (
    Access,
    Gone,
    Incoming,
    Incomplete,
    Nothing,
    Record,
    Unreadable,
    Unverified,
    Wish,
)
from billing.rules.content import content_of
from billing.rules.mapping import Mapped

EVENTS, FOUND = "events", "found"
TOLERANCE = timedelta(minutes=5)
SORTS = {
    "company": COMPANIES,
    "deal": DEALS,
    "line_item": LINES,
    "0-2": COMPANIES,
    "0-3": DEALS,
    "0-8": LINES,
}
"""What an event is about, by the beginning of its type or by its objectTypeId."""
_NAMING = ("objectId", "primaryObjectId", "newObjectId", "fromObjectId")


def proven(access: Access, incoming: Incoming) -> Record:
    """The events of a call, once its signature, version 3, is proven.

    HubSpot calls again where it got no answer, with another number of the attempt: the identity leaves that out. It
    signs the address that it calls, which is https though it may come as http from the server in front.
    Raises Unverified, Unreadable, NotSetUp.
    """
    access.secret(CLIENT_SECRET)
    told = incoming.headers.get("x-hubspot-signature-v3", "")
    at = incoming.headers.get("x-hubspot-request-timestamp", "")
    addresses = {incoming.url, f"https://{incoming.url.partition('://')[2]}"}
    signed = [f"POST{each}".encode() + incoming.body + at.encode() for each in sorted(addresses)]
    keys = [key.encode() for key in access.secrets[CLIENT_SECRET]]
    macs = [hmac.new(key, each, sha256).digest() for key in keys for each in signed]
    if not any(hmac.compare_digest(b64encode(each), told.encode()) for each in macs):
        raise Unverified("The signature is not HubSpot's.")
    age = incoming.at.timestamp() - int(at) / 1000 if at.isascii() and at.isdigit() else None
    if age is None or abs(age) > TOLERANCE.total_seconds():
        raise Unverified("The call is too old, or from the future.")
    return events_in(incoming.body)


def events_in(body: bytes) -> Record:
    """The events of a call with this body. Raises Unreadable."""
    content = content_of(body)
    return Record(f"events:{_digest(content)}", EVENTS, content, bytes_vary=True)


def completed(caller: Caller, access: Access, record: Record) -> Record:
    """The events with what they are about as it stands now. Raises as `Caller.get`."""
    names: dict[str, dict[str, None]] = {COMPANIES: {}, DEALS: {}, LINES: {}}
    for event in _events(record.content):
        if sort := _sort(event):
            for key in _NAMING if not _is_association(event) else ("fromObjectId",):
                if name := str(event.get(key) or ""):
                    names[sort][name] = None
    deals = dict(names[DEALS])
    lines = list(names[LINES])
    for begin in range(0, len(lines), BATCH):
        of_lines = associated(caller, LINES, DEALS, lines[begin : begin + BATCH])
        deals |= dict.fromkeys(each["id"] for found in of_lines.values() for each in found)
    companies = read_by_id(caller, access, COMPANIES, list(names[COMPANIES]))
    read = read_by_id(caller, access, DEALS, list(deals))
    found = {
        "companies": companies,
        "deals": [
            bundle
            for begin in range(0, len(read), BATCH)
            for bundle in bundles(caller, access, read[begin : begin + BATCH])
        ],
    }
    return replace(record, content={**record.content, FOUND: found})


def event_wishes(content: Mapping[str, Any], mapped: Mapped) -> Sequence[Wish]:
    """What completed events come to. A deal that nothing can be made of is a record of its own once it is fetched.

    Raises Unreadable.
    """
    if FOUND not in content:
        raise Incomplete("The events were not completed.", FOUND)
    found = content[FOUND]
    wishes = [wish for each in found["companies"] for wish in company_wishes(each, mapped)]
    present = {company["id"] for company in found["companies"]}
    for event in _events(content):
        name = str(event.get("objectId") or "")
        if name and name not in present and event.get("subscriptionType") == "company.deletion":
            wishes.append(Gone(name))
    for bundle in found["deals"]:
        try:
            wishes += deal_wishes(bundle, mapped)
        except Unreadable as fault:
            what = str(fault).partition(": ")[0].rstrip(".")  # what was found may name a person
            wishes.append(Nothing(f"Of deal {bundle['deal']['id']}: {what}."))
    return wishes or [Nothing("The events are about nothing that is followed.")]


def _events(content: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Raises Unreadable."""
    items = content.get("items")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise Unreadable("The call carries no list of events.", "items")
    return items


def _sort(event: Mapping[str, Any]) -> str:
    kind = str(event.get("subscriptionType")).partition(".")[0]
    return SORTS.get(kind) or SORTS.get(str(event.get("objectTypeId")), "")


def _is_association(event: Mapping[str, Any]) -> bool:
    return str(event.get("subscriptionType")).endswith(".associationChange")


def _digest(content: Mapping[str, Any]) -> str:
    """The same for the same events, whichever attempt told them."""
    items = content.get("items")
    events = items if isinstance(items, list) else [content]
    told = [
        {key: value for key, value in each.items() if key != "attemptNumber"}
        if isinstance(each, dict)
        else each
        for each in events
    ]
    try:
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    except (ValueError, RecursionError) as fault:
        raise Unreadable("It is no list of events.") from fault
