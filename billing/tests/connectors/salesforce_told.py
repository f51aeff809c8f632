"""A connection to the stand-in of Salesforce, and what it tells."""

from __future__ import annotations

from collections.abc import Sequence

from billing.connectors.salesforce import Salesforce
from billing.rules.connecting import Access, Record, Wish
from billing.rules.mapping import mapped_by
from billing.tests.connectors.held import PATIENT, PRIVATE
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.stand_in import StandIn

SALESFORCE = Salesforce(PATIENT)
MAPPED = mapped_by(SALESFORCE.targets, {})


def access(vendor: StandIn, **settings: str) -> Access:
    """A connection to an org of one currency whose token has just begun, opened now by the stand-in's clock."""
    assert isinstance(vendor, SalesforceServer)
    said = {
        "address": vendor.url,
        "opportunities_since": "2026-11-01",
        "client_id": vendor.client_id,
        "currency": "USD",
    }
    secrets = {
        "client_secret": [vendor.client_secret],
        "refresh_token": [vendor.refresh_token],
        "access_token": [vendor.token()],
        "instance": [vendor.url],
    }
    return Access("crm", said | settings, secrets, PRIVATE, vendor.books.now)


def walked(
    server: SalesforceServer, stream: str, cursor: str = "", mine: Access | None = None
) -> tuple[list[Record], str]:
    """All records of a stream from a cursor on, and where the next walk begins."""
    records: list[Record] = []
    for _ in range(100):
        page = SALESFORCE.pull(mine or access(server), stream, cursor)
        records += page.records
        cursor = page.cursor
        if page.is_last:
            return records, cursor
    raise AssertionError("There is no end of pages.")


def pulled(server: SalesforceServer, stream: str, **settings: str) -> list[Record]:
    return walked(server, stream, mine=access(server, **settings))[0]


def wishes_of(record: Record) -> Sequence[Wish]:
    return SALESFORCE.read(record, MAPPED)


def names(records: Sequence[Record]) -> list[str]:
    """The identities of what records are of."""
    return [record.external_id.split(":")[1] for record in records]
