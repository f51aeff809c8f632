"""What changed at HubSpot, walked through by identity: nothing is left out, however much has the same stamp.

A search answers 10,000 records at most, sorts by one property, and its order among equals is nobody's promise. So a
walk asks for what changed since an instant, by rising identity, each page above the last one of the page before. The
next walk begins where this one began, less a while: the index of searches is behind, and clocks differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.connectors.crm import first_day
from billing.connectors.hubspot_client import (
    BATCH,
    Caller,
    Found,
    after_of,
    changed_at,
    errors_of,
    milliseconds,
    rows_of,
    stamp,
)
from billing.rules.connecting import Access, Page, Record, Unreachable

COMPANIES, DEALS, LINES, TASKS = "companies", "deals", "line_items", "tasks"
DELETED = "deleted"
COMPANY, DEAL, DELETED_COMPANY, DELETED_DEAL = "company", "deal", "deleted company", "deleted deal"
SINCE = "deals_since"
OVERLAP = timedelta(minutes=5)
ROUND = timedelta(minutes=10)
"""How often the lists of what was deleted are gone through; they have no order to go on by."""
MERGED = "hs_merged_object_ids"
DEAL_TO_PRIMARY_COMPANY = 5
USUAL = {
    COMPANIES: ("name", "hs_lastmodifieddate", MERGED, "tokendesk_account", "lifecyclestage"),
    DEALS: (
        "dealname",
        "dealstage",
        "pipeline",
        "closedate",
        "deal_currency_code",
        "hs_is_closed",
        "hs_is_closed_won",
        "hs_lastmodifieddate",
        MERGED,
        "tokendesk_trial",
    ),
    LINES: (
        "name",
        "hs_sku",
        "quantity",
        "amount",
        "hs_line_item_currency_code",
        "hs_lastmodifieddate",
    ),
}
"""Properties that are asked for; a connection's setting of the same name adds more."""
NO_ASSOCIATIONS, NOT_FOUND = "NO_ASSOCIATIONS_FOUND", "OBJECT_NOT_FOUND"


def names_of(access: Access, sort: str) -> list[str]:
    """The properties that are asked for of records of a sort."""
    more = access.settings.get(f"{sort}_properties", "").split(",")
    return list(dict.fromkeys([*USUAL[sort], *(name.strip() for name in more if name.strip())]))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk is, in milliseconds. began: 0 before its first page. above: the identity that the next is above."""

    since: int = 0
    began: int = 0
    above: int = 0

    def kept(self) -> str:
        return json.dumps([self.since, self.began, self.above])


def place_of(cursor: str) -> Place:
    return Place(*json.loads(cursor)) if cursor else Place()


def changed(caller: Caller, access: Access, sort: str, cursor: str) -> Page:
    """A page of what changed, of companies, deals, or deals whose lines changed. Raises as `Caller.get`."""
    place = place_of(cursor)
    page = caller.post(f"/crm/v3/objects/{sort}/search", _asked(access, sort, place))
    began = place.began or max(milliseconds(caller.their_clock()), 0)
    rows = rows_of(page)
    ids = [number_of(row) for row in rows]
    if any(later <= earlier for earlier, later in zip([place.above, *ids], ids, strict=False)):
        raise Unreachable("It answered records in another order than by rising identity.", 200)
    records = _records(caller, access, sort, rows)
    if rows and after_of(page):
        return Page(records, Place(place.since, began, ids[-1]).kept(), is_last=False)
    return Page(records, Place(max(began - OVERLAP // timedelta(milliseconds=1), 0)).kept())


def deleted(caller: Caller, access: Access, cursor: str) -> Page:
    """A page of what was deleted: companies, then deals, from the beginning every `ROUND`. Raises as `Caller.get`."""
    sort, after, done = json.loads(cursor) if cursor else (COMPANIES, "", 0)
    now = milliseconds(access.at)
    if done and now - done < ROUND // timedelta(milliseconds=1):
        return Page([], cursor)
    query = {"archived": "true", "limit": str(BATCH)} | ({"after": after} if after else {})
    page = caller.get(f"/crm/v3/objects/{sort}", **query)
    rows = rows_of(page)
    there = _there(caller, access, sort, [row["id"] for row in rows])
    records = [_deleted(sort, row) for row in rows if row["id"] not in there]
    if following := after_of(page):
        return Page(records, json.dumps([sort, following, 0]), is_last=False)
    if sort == COMPANIES:
        return Page(records, json.dumps([DEALS, "", 0]), is_last=False)
    return Page(records, json.dumps([COMPANIES, "", max(now, 1)]))


def bundles(caller: Caller, access: Access, deals: Sequence[Found]) -> list[Found]:
    """Deals with all that a sale is made of: their companies, their lines, and the day from which on they count.

    At most BATCH of them. Raises as `Caller.get`.
    """
    if not deals:
        return []
    names, day = [deal["id"] for deal in deals], first_day(access, SINCE)
    companies = associated(caller, DEALS, COMPANIES, names)
    lines = associated(caller, DEALS, LINES, names)
    wanted = dict.fromkeys(each["id"] for found in lines.values() for each in found)
    read = {row["id"]: row for row in read_by_id(caller, access, LINES, list(wanted))}
    return [
        {
            "deal": deal,
            "companies": companies.get(deal["id"], []),
            "lines": [read[each["id"]] for each in lines.get(deal["id"], []) if each["id"] in read],
            "since": day,
        }
        for deal in deals
    ]


def read_by_id(caller: Caller, access: Access, sort: str, names: Sequence[str]) -> list[Found]:
    """The records of these identities that are not deleted. Raises as `Caller.get`."""
    rows: list[Found] = []
    for begin in range(0, len(names), BATCH):
        inputs = [{"id": each} for each in names[begin : begin + BATCH]]
        asked = {"inputs": inputs, "properties": names_of(access, sort), "propertiesWithHistory": []}
        batch = caller.post(f"/crm/v3/objects/{sort}/batch/read", asked)
        only(errors_of(batch), NOT_FOUND)
        rows += rows_of(batch)
    return rows


def associated(caller: Caller, sort: str, other: str, names: Sequence[str]) -> dict[str, list[Found]]:
    """With which records of another sort each is associated, and whether as its primary one. At most BATCH names.

    Raises as `Caller.get`.
    """
    found: dict[str, list[Found]] = {}
    inputs = [{"id": name} for name in names]
    while inputs:
        batch = caller.post(f"/crm/v4/associations/{sort}/{other}/batch/read", {"inputs": inputs})
        only(errors_of(batch), NO_ASSOCIATIONS)
        inputs = []
        try:
            for row in batch["results"]:
                name = str(row["from"]["id"])
                found.setdefault(name, []).extend(_association(each) for each in row["to"])
                if after := after_of(row):
                    inputs.append({"id": name, "after": after})
        except (KeyError, TypeError, AttributeError) as fault:
            raise Unreachable("It answered with something that is no list of associations.", 200) from fault
    return found


def only(errors: Iterable[Mapping[str, Any]], expected: str) -> None:
    """Raises Unreachable where something else went wrong in a batch than what is expected."""
    for each in errors:
        if expected not in f"{each.get('category')} {each.get('subCategory')}":
            raise Unreachable(f"A part of a batch failed: {str(each.get('message'))[:300]}", 207)


def deal_record(bundle: Found) -> Record:
    """A deal as it stands; another record whenever it or one of its lines changed."""
    version = version_of(bundle)
    at = datetime.fromtimestamp(version / 1000, UTC) if 0 < version < 10**13 else None
    return Record(f"deal:{bundle['deal']['id']}:{version}", DEAL, bundle, at, bytes_vary=True)


def version_of(bundle: Mapping[str, Any]) -> int:
    """When a deal or one of its lines was last changed, in milliseconds."""
    return max([changed_at(bundle["deal"]), *(changed_at(line) for line in bundle["lines"])])


def _asked(access: Access, sort: str, place: Place) -> Found:
    filters = [
        {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(place.since)},
        {"propertyName": "hs_object_id", "operator": "GT", "value": str(place.above)},
    ]
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": names_of(access, sort),
        "limit": BATCH,
    }


def _records(caller: Caller, access: Access, sort: str, rows: Sequence[Found]) -> list[Record]:
    if sort == COMPANIES:
        return [_company_record(row) for row in rows]
    deals: Sequence[Found] = rows
    if sort == LINES:
        found = associated(caller, LINES, DEALS, [row["id"] for row in rows])
        names = dict.fromkeys(each["id"] for deals_of in found.values() for each in deals_of)
        deals = read_by_id(caller, access, DEALS, list(names))
    parts = [deals[begin : begin + BATCH] for begin in range(0, len(deals), BATCH)]
    return [deal_record(bundle) for part in parts for bundle in bundles(caller, access, part)]


def _there(caller: Caller, access: Access, sort: str, names: Sequence[str]) -> set[str]:
    """The identities of records that are there after all: restored, or living on in what they were merged into."""
    found = read_by_id(caller, access, sort, names)
    merged = {each.strip() for row in found for each in str(row["properties"].get(MERGED) or "").split(";")}
    return merged | {row["id"] for row in found}


def _company_record(row: Found) -> Record:
    return Record(f"company:{row['id']}:{changed_at(row)}", COMPANY, row, bytes_vary=True)


def _deleted(sort: str, row: Found) -> Record:
    at, kind = stamp(row.get("archivedAt")), DELETED_COMPANY if sort == COMPANIES else DELETED_DEAL
    return Record(f"{kind}:{row['id']}:{at}", kind, row, bytes_vary=True)


def _association(told: Mapping[str, Any]) -> Found:
    kinds = [(each.get("category"), each.get("typeId")) for each in told["associationTypes"]]
    is_primary = ("HUBSPOT_DEFINED", DEAL_TO_PRIMARY_COMPANY) in kinds
    return {"id": str(told["toObjectId"]), "primary": is_primary}


def number_of(row: Found) -> int:
    """A record's identity as the number that it is.

    Raises Unreachable where it is none.
    """
    name: str = row["id"]
    if not (name.isascii() and name.isdigit() and len(name) < 30):
        raise Unreachable(f"It answered a record whose identity is no number: {name[:40]}.", 200)
    return int(name)
