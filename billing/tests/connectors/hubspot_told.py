"""A connection to the stand-in of HubSpot, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence

from billing.connectors.hubspot import HubSpot
from billing.rules.connecting import Access, Record, Wish
from billing.rules.mapping import mapped_by
from billing.tests.connectors.held import PATIENT, PRIVATE
from billing.tests.connectors.hubspot_server import HubSpotServer
from billing.tests.connectors.stand_in import StandIn

HUBSPOT = HubSpot(PATIENT)
MAPPED = mapped_by(HUBSPOT.targets, {})


def access(vendor: StandIn, **settings: str) -> Access:
    """A connection whose token has just begun, opened now by the stand-in's clock."""
    assert isinstance(vendor, HubSpotServer)
    said = {"address": vendor.url, "deals_since": "2026-11-01", "client_id": vendor.client_id}
    secrets = {
        "client_secret": [vendor.client_secret],
        "refresh_token": [vendor.refresh_token],
        "access_token": [vendor.token()],
    }
    return Access("crm", said | settings, secrets, PRIVATE, vendor.books.now)


def walked(server: HubSpotServer, stream: str, cursor: str = "") -> tuple[list[Record], str]:
    """All records of a stream from a cursor on, and where the next walk begins."""
    records: list[Record] = []
    for _ in range(100):
        page = HUBSPOT.pull(access(server), stream, cursor)
        records += page.records
        cursor = page.cursor
        if page.is_last:
            return records, cursor
    raise AssertionError("There is no end of pages.")


def pulled(server: HubSpotServer, stream: str) -> list[Record]:
    return walked(server, stream)[0]


def wishes_of(record: Record) -> Sequence[Wish]:
    return HUBSPOT.read(record, MAPPED)
