"""Won deals of some days, and deals by their names, each as it stands: to be compared with our orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from billing.connectors.hubspot_client import BATCH, Caller, Found, after_of, milliseconds, rows_of
from billing.connectors.hubspot_pulling import DEALS, bundles, deal_record, names_of, number_of, read_by_id
from billing.rules.connecting import Access, Sold, Unreachable

DATES = ("closedate", "hs_lastmodifieddate")
"""A deal is of the day on which it was closed, and of the day on which it was last changed."""


def sold_between(caller: Caller, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
    """Deals that were closed or last changed from `since` and before `until`, by rising identity.

    Raises as `Caller.get`.
    """
    above = 0
    while True:
        page = caller.post(f"/crm/v3/objects/{DEALS}/search", _asked(access, since, until, above))
        rows = rows_of(page)
        ids = [number_of(row) for row in rows]
        if any(later <= earlier for earlier, later in zip([above, *ids], ids, strict=False)):
            raise Unreachable("It answered records in another order than by rising identity.", 200)
        yield from _sold(caller, access, rows)
        if not rows or not after_of(page):
            return
        above = ids[-1]


def sales_named(caller: Caller, access: Access, names: Sequence[str]) -> Iterator[Sold]:
    """Deals of these names, or that they were merged into. Raises as `Caller.get`."""
    ours = [name for name in names if name.isascii() and name.isdigit()]
    for begin in range(0, len(ours), BATCH):
        yield from _sold(caller, access, read_by_id(caller, access, DEALS, ours[begin : begin + BATCH]))


def _sold(caller: Caller, access: Access, deals: Sequence[Found]) -> Iterator[Sold]:
    for bundle in bundles(caller, access, deals):
        yield Sold(bundle["deal"]["id"], deal_record(bundle))


def _asked(access: Access, since: datetime, until: datetime, above: int) -> Found:
    groups = [
        {
            "filters": [
                {"propertyName": name, "operator": "GTE", "value": str(milliseconds(since))},
                {"propertyName": name, "operator": "LT", "value": str(milliseconds(until))},
                {"propertyName": "hs_object_id", "operator": "GT", "value": str(above)},
            ]
        }
        for name in DATES
    ]
    return {
        "filterGroups": groups,
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": names_of(access, DEALS),
        "limit": BATCH,
    }
