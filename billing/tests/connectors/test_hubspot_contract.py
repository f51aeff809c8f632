"""What every connector is held to, by HubSpot's stand-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from billing.connectors.hubspot import HubSpot
from billing.rules.connecting import FIELDS, Access, Incoming, Message, Record
from billing.tests.connectors.contract import (
    NOW,
    PATIENT,
    Checks,
    Pulls,
    Reads,
    Renews,
    Sells,
    Sends,
    Verifies,
)
from billing.tests.connectors.hubspot_books import COMPANIES, DEALS, LINES, TASKS
from billing.tests.connectors.hubspot_server import CALLED, HubSpotServer, body_of, event
from billing.tests.connectors.hubspot_told import HUBSPOT, access, pulled
from billing.tests.connectors.stand_in import StandIn

MANY = 101


class TestHubSpot(Verifies, Reads, Pulls, Sells, Sends, Renews, Checks):
    def connector(self, seconds: float = PATIENT) -> HubSpot:
        return HubSpot(seconds)

    def made_stand_in(self) -> HubSpotServer:
        """More than a page of each stream."""
        server = HubSpotServer()
        for place in range(MANY):
            server.books.line(server.books.deal(server.books.company(f"Company {place}")))
            server.books.delete(COMPANIES, server.books.company("Gone"))
            server.books.delete(DEALS, server.books.deal())
        return server

    def access(self, vendor: StandIn) -> Access:
        return access(vendor)

    def signed(self, mine: Access, body: bytes) -> Incoming:
        server = HubSpotServer()
        server.close()
        server.client_secret = mine.secrets["client_secret"][0]
        return Incoming(server.signed(body), body, NOW, CALLED)

    def bodies(self) -> Sequence[bytes]:
        return [
            body_of([event("company.creation", "1"), event("deal.propertyChange", "2")]),
            b'[{"eventId": 5}]',
        ]

    def records(self) -> Sequence[Record]:
        server = HubSpotServer()
        try:
            return sorts_of_records(server)
        finally:
            server.close()

    def held(self, vendor: StandIn, stream: str) -> set[str]:
        assert isinstance(vendor, HubSpotServer)
        at = int(NOW.timestamp() * 1000)
        things = {sort: vendor.books.things[sort].values() for sort in (COMPANIES, DEALS)}
        if stream == "deleted":
            names = {COMPANIES: "deleted company", DEALS: "deleted deal"}
            return {
                f"{names[sort]}:{each.id}:{at}" for sort in names for each in things[sort] if each.archived
            }
        sort, name = (COMPANIES, "company") if stream == COMPANIES else (DEALS, "deal")
        return {f"{name}:{each.id}:{at}" for each in things[sort] if not each.archived}

    def sold_there(self, vendor: StandIn) -> set[str]:
        assert isinstance(vendor, HubSpotServer)
        return {each.id for each in vendor.books.things[DEALS].values() if each.archived is None}

    def message(self, kind: str, key: str) -> Message:
        server_first = 1001
        place = int(key.rpartition("-")[2])
        subject = str(server_first + 5 * place)
        told = {"last": key} if kind == FIELDS else {"title": key, "due_on": "2026-12-01", "evidence": "x"}
        return Message(kind, key, subject, told)

    def done(self, vendor: StandIn) -> list[str]:
        assert isinstance(vendor, HubSpotServer)
        written = [
            value.removeprefix("crm:")
            for sort, wanted in ((COMPANIES, "last"), (TASKS, "tokendesk_key"))
            for thing in vendor.books.things[sort].values()
            for name, value in thing.written
            if name == wanted
        ]
        return written

    def run_out(self, vendor: StandIn) -> Access:
        assert isinstance(vendor, HubSpotServer)
        vendor.tokens["over"] = NOW
        mine = access(vendor)
        return replace(mine, secrets={**mine.secrets, "access_token": ["over"]})


def sorts_of_records(server: HubSpotServer) -> list[Record]:
    """A record of every sort that is read: as small as it gets, for each of its values is made odd in turn."""
    books = server.books
    acme = books.merge(COMPANIES, books.company(), books.company("Other"))
    books.line(books.deal(acme))
    books.deal(acme, "presentation", tokendesk_trial="Pilot")
    books.delete(COMPANIES, books.company("Gone"))
    books.delete(DEALS, books.deal())
    records = [each for stream in HUBSPOT.streams if stream != LINES for each in pulled(server, stream)]
    told = [event("deal.creation", each) for each in books.things[DEALS]] + [event("company.deletion", "7")]
    mine = access(server)
    call = Incoming(server.signed(body_of(told)), body_of(told), NOW, CALLED)
    return [*records, HUBSPOT.complete(mine, HUBSPOT.verify(mine, call)), Record("x", "contact", {"id": "1"})]
