"""What changed at Salesforce, walked through by identity. Decision 0043 says why so.

A walk asks one query for all that changed since an instant, what was deleted too, and follows it page by page. Where
Salesforce has forgotten the query, it is asked anew above the last identity. Stamps are whole seconds there: what
changed when the walk began or after is left to the next, so that no second is told before it is over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.connectors.crm import first_day
from billing.connectors.salesforce_client import (
    Caller,
    Found,
    LocatorGone,
    milliseconds,
    place_after,
    quoted,
    rows_of,
    stamp,
)
from billing.rules.connecting import Access, NotSetUp, Page, Record, Unreachable

ACCOUNTS, OPPORTUNITIES, LINES = "accounts", "opportunities", "lines"
ACCOUNT, OPPORTUNITY = "account", "opportunity"
SINCE, CURRENCY = "opportunities_since", "currency"
OVERLAP = timedelta(minutes=10)
"""As long as a transaction of theirs lasts at most: what it wrote has the stamp of when it was written."""
LESS_OFTEN = timedelta(minutes=10)
USUAL = {
    ACCOUNTS: ("Id", "Name", "Type", "IsDeleted", "MasterRecordId", "SystemModstamp"),
    OPPORTUNITIES: (
        "Id",
        "Name",
        "AccountId",
        "StageName",
        "CloseDate",
        "IsWon",
        "IsClosed",
        "IsDeleted",
        "SystemModstamp",
    ),
    LINES: (
        "Id",
        "Quantity",
        "TotalPrice",
        "ServiceDate",
        "Product2.ProductCode",
        "Product2.Name",
        "IsDeleted",
        "SystemModstamp",
    ),
}
"""Fields that are asked for; a connection's setting adds more."""
ISO_CODE = "CurrencyIsoCode"
CHILDREN = "OpportunityLineItems"
_FIELD = re.compile(r"[A-Za-z]\w{0,79}(\.[A-Za-z]\w{0,79}){0,4}", re.ASCII)
_CURRENCY = re.compile("[A-Z]{3}")


def more_fields(access: Access, sort: str) -> list[str]:
    """The fields that a person adds.

    Raises NotSetUp where one is no name of a field.
    """
    named = [name.strip() for name in access.settings.get(f"{sort}_fields", "").split(",") if name.strip()]
    if odd := next((name for name in named if not _FIELD.fullmatch(name)), ""):
        raise NotSetUp(f"{sort}_fields names what is no field: {odd[:80]}.")
    return named


def currency(access: Access) -> str:
    """The one currency of the org; empty where it has several.

    Raises NotSetUp.
    """
    said = access.settings.get(CURRENCY, "")
    if said and not _CURRENCY.fullmatch(said):
        raise NotSetUp(f"{CURRENCY} has three capital letters: {said[:40]}.")
    return said


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk is, in milliseconds. began: 0 before its first page. above: the last identity that was answered.

    locator: where Salesforce has the next page. rests_until: nothing is asked before.
    """

    since: int = 0
    began: int = 0
    above: str = ""
    locator: str = ""
    rests_until: int = 0

    def kept(self) -> str:
        return json.dumps([self.since, self.began, self.above, self.locator, self.rests_until])


def place_of(cursor: str) -> Place:
    return Place(*json.loads(cursor)) if cursor else Place()


def changed(caller: Caller, access: Access, stream: str, cursor: str) -> Page:
    """A page of what changed, of accounts, opportunities, or opportunities whose lines changed.

    Raises as `Caller.query`.
    """
    place = place_of(cursor)
    if place.rests_until > milliseconds(access.at):
        return Page([], cursor)
    page = _page(caller, access, stream, place)
    began = place.began or milliseconds(caller.asked_at())
    rows = rows_of(page)
    above = identity(rows[-1]) if rows else place.above
    records = [each for each in records_of(caller, access, stream, rows) if _is_over(each, began)]
    if following := place_after(page):
        return Page(records, Place(place.since, began, above, following).kept(), is_last=False)
    begins = max(began - OVERLAP // timedelta(milliseconds=1), 0)
    rests_until = milliseconds(access.at + LESS_OFTEN) if caller.is_running_out() else 0
    return Page(records, Place(begins, rests_until=rests_until).kept())


def query_of(access: Access, stream: str, place: Place) -> str:
    """What is asked, in SOQL. Raises NotSetUp."""
    at = datetime.fromtimestamp(place.since // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tests = [f"SystemModstamp >= {at}"]
    if stream == LINES:
        tests = [f"Id IN (SELECT OpportunityId FROM OpportunityLineItem WHERE {tests[0]})"]
    if place.above:
        tests.append(f"Id > {quoted(place.above)}")
    if stream != ACCOUNTS:
        return opportunities_where(access, tests)
    return (
        f"SELECT {','.join(_fields(access, ACCOUNTS))} FROM Account WHERE {' AND '.join(tests)} ORDER BY Id"
    )


def opportunities_where(access: Access, tests: Sequence[str]) -> str:
    """The query for opportunities with their lines that pass these tests, by rising identity. Raises NotSetUp."""
    lines = f"(SELECT {','.join(_fields(access, LINES))} FROM {CHILDREN})"
    wanted = ",".join([*_fields(access, OPPORTUNITIES), lines])
    return f"SELECT {wanted} FROM Opportunity WHERE {' AND '.join(tests)} ORDER BY Id"


def version_of(bundle: Mapping[str, Any]) -> int:
    """When an opportunity or one of its lines was last changed or deleted, in milliseconds."""
    rows = [bundle["opportunity"], *bundle["lines"]]
    return max(stamp(row.get("SystemModstamp")) for row in rows)


def _fields(access: Access, sort: str) -> dict[str, None]:
    """The fields that are asked for of records of a sort, each once. Raises NotSetUp."""
    coined = [] if currency(access) or sort == ACCOUNTS else [ISO_CODE]
    return dict.fromkeys([*USUAL[sort], *coined, *more_fields(access, sort)])


def _page(caller: Caller, access: Access, stream: str, place: Place) -> Found:
    if place.locator:
        try:
            return caller.more(place.locator)
        except LocatorGone:
            pass  # the query is asked anew below, above what it answered
    return caller.query(query_of(access, stream, place))


def records_of(caller: Caller, access: Access, stream: str, rows: Sequence[Found]) -> list[Record]:
    """What rows tell, opportunities with all of their lines. Raises as `Caller.more`, NotSetUp."""
    if stream == ACCOUNTS:
        return [_account_record(row) for row in rows]
    day, coin = first_day(access, SINCE), currency(access)
    records = []
    for row in rows:
        lines = _lines(caller, row.get(CHILDREN))
        kept = {name: value for name, value in row.items() if name != CHILDREN}
        bundle = {"opportunity": kept, "lines": lines, "since": day, "currency": coin}
        records.append(_opportunity_record(bundle))
    return records


def _lines(caller: Caller, found: object) -> list[Found]:
    """All lines of an opportunity: asked for at once, for the parents' next page ends the children's."""
    if found is None:
        return []
    page, lines = found, list[Found]()
    while isinstance(page, dict):
        lines += rows_of(page)
        following = place_after(page)
        if not following:
            return lines
        page = caller.more(following)
    raise Unreachable("It answered lines of another form.", 200)


def _account_record(row: Found) -> Record:
    version = stamp(row.get("SystemModstamp"))
    return Record(f"{ACCOUNT}:{identity(row)}:{version}", ACCOUNT, row, _moment(version), bytes_vary=True)


def _opportunity_record(bundle: Found) -> Record:
    """An opportunity as it stands; another record whenever it or one of its lines changed."""
    version = version_of(bundle)
    name = f"{OPPORTUNITY}:{identity(bundle['opportunity'])}:{version}"
    return Record(name, OPPORTUNITY, bundle, _moment(version), bytes_vary=True)


def _is_over(record: Record, began: int) -> bool:
    """Whether the second of a record's last change was over when the walk began."""
    return record.occurred_at is None or milliseconds(record.occurred_at) < began // 1000 * 1000


def _moment(version: int) -> datetime | None:
    return datetime.fromtimestamp(version / 1000, UTC) if 0 < version < 10**14 else None


def identity(row: Mapping[str, Any]) -> str:
    """Raises Unreachable where it is none."""
    name = row.get("Id")
    if not isinstance(name, str) or not name.isalnum():
        raise Unreachable(f"It answered a record whose identity is none: {str(name)[:40]}.", 200)
    return name
