"""Opportunities of some days, and opportunities by their names, each as it stands: to be compared with our orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from billing.connectors.salesforce_client import Caller, Found, LocatorGone, place_after, quoted, rows_of
from billing.connectors.salesforce_pulling import (
    OPPORTUNITIES,
    identity,
    opportunities_where,
    records_of,
)
from billing.rules.connecting import Access, Sold

NAMES_A_QUERY = 5
"""Few enough that a query by names is no longer than a walk's: both stand in an address, and addresses are short."""


def sold_between(caller: Caller, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
    """Opportunities that were closed or last changed from `since` and before `until`, deleted ones too.

    One is of the day on which it is closed, which has no zone there, and of that on which it was last changed; stamps
    are whole seconds there.
    Raises as `Caller.query`.
    """
    told: set[str] = set()
    last = until.astimezone(UTC) - timedelta(microseconds=1)
    days = [f"CloseDate >= {since.astimezone(UTC):%Y-%m-%d}", f"CloseDate <= {last:%Y-%m-%d}"]
    stamps = [f"SystemModstamp >= {_second(since)}", f"SystemModstamp <= {_second(last)}"]
    for tests in (days, stamps):
        for row in _found(caller, access, tests):
            if identity(row) not in told:
                told.add(identity(row))
                yield _sold(caller, access, row)


def sales_named(caller: Caller, access: Access, names: Sequence[str]) -> Iterator[Sold]:
    """Opportunities of these names. Raises as `Caller.query`."""
    ours = [name for name in names if name.isascii() and name.isalnum() and len(name) == 18]
    for begin in range(0, len(ours), NAMES_A_QUERY):
        some = ",".join(map(quoted, ours[begin : begin + NAMES_A_QUERY]))
        for row in _found(caller, access, [f"Id IN ({some})"]):
            yield _sold(caller, access, row)


def _found(caller: Caller, access: Access, tests: Sequence[str]) -> Iterator[Found]:
    """What a query finds, by rising identity. Where its next page is forgotten, it is asked anew above the last."""
    page, above = caller.query(opportunities_where(access, tests)), ""
    while True:
        rows = rows_of(page)
        yield from rows
        above = identity(rows[-1]) if rows else above
        following = place_after(page)
        if not following:
            return
        try:
            page = caller.more(following)
        except LocatorGone:
            page = caller.query(opportunities_where(access, [*tests, f"Id > {quoted(above)}"]))


def _sold(caller: Caller, access: Access, row: Found) -> Sold:
    (record,) = records_of(caller, access, OPPORTUNITIES, [row])
    return Sold(identity(row), record)


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
