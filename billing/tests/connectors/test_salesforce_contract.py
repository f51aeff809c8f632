"""What every connector is held to, by Salesforce's stand-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from billing.connectors.salesforce import Salesforce
from billing.rules.connecting import FIELDS, Access, Message, Record
from billing.tests.connectors.contract import NOW, PATIENT, Checks, Pulls, Reads, Renews, Sells, Sends
from billing.tests.connectors.salesforce_books import ACCOUNT, OPPORTUNITY, TASK, Books
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import access, pulled
from billing.tests.connectors.stand_in import StandIn

MANY = 200


class TestSalesforce(Reads, Pulls, Sells, Sends, Renews, Checks):
    def connector(self, seconds: float = PATIENT) -> Salesforce:
        return Salesforce(seconds)

    def made_stand_in(self) -> SalesforceServer:
        """More than a page of each stream."""
        server = SalesforceServer()
        server.calls.finder.page = 90
        sell_to_many(server.books)
        for _ in range(3):
            server.books.delete(server.books.account("Gone"))
            gone = server.books.opportunity()
            server.books.line(gone)
            server.books.delete(gone)
        return server

    def access(self, vendor: StandIn) -> Access:
        return access(vendor)

    def records(self) -> Sequence[Record]:
        server = SalesforceServer()
        try:
            return sorts_of_records(server)
        finally:
            server.close()

    def held(self, vendor: StandIn, stream: str) -> set[str]:
        assert isinstance(vendor, SalesforceServer)
        at = int(NOW.timestamp() * 1000)
        table, name = (ACCOUNT, "account") if stream == "accounts" else (OPPORTUNITY, "opportunity")
        return {f"{name}:{each}:{at}" for each in vendor.books.tables[table]}

    def sold_there(self, vendor: StandIn) -> set[str]:
        assert isinstance(vendor, SalesforceServer)
        return set(vendor.books.tables[OPPORTUNITY])

    def message(self, kind: str, key: str) -> Message:
        account = _accounts()[int(key.rpartition("-")[2])]
        told = {"Last__c": key} if kind == FIELDS else {"title": key, "due_on": "2026-12-01", "evidence": "x"}
        return Message(kind, key, account, told)

    def done(self, vendor: StandIn) -> list[str]:
        assert isinstance(vendor, SalesforceServer)
        return [
            value.removeprefix("crm:")
            for table, wanted in ((ACCOUNT, "Last__c"), (TASK, "Tokendesk_Key__c"))
            for row in vendor.books.tables[table].values()
            for name, value in row.written
            if name == wanted
        ]

    def run_out(self, vendor: StandIn) -> Access:
        assert isinstance(vendor, SalesforceServer)
        vendor.tokens["over"] = NOW
        mine = access(vendor)
        return replace(mine, secrets={**mine.secrets, "access_token": ["over"]})


def sell_to_many(books: Books) -> None:
    for place in range(MANY):
        books.line(books.opportunity(books.account(f"Account {place}")))


@cache
def _accounts() -> list[str]:
    """The identities of those accounts, the same in every stand-in."""
    books = Books()
    sell_to_many(books)
    return list(books.tables[ACCOUNT])


def sorts_of_records(server: SalesforceServer) -> list[Record]:
    """A record of every sort that is read: as small as it gets, for each of its values is made odd in turn."""
    books = server.books
    books.add_field(OPPORTUNITY, "Tokendesk_Trial__c")
    acme, other = books.account(), books.account("Other")
    books.merge(acme, other)
    books.delete(books.account("Gone"))
    books.line(books.opportunity(acme))
    books.opportunity(acme, "Prospecting", Tokendesk_Trial__c="Pilot")
    books.delete(books.opportunity())
    records = pulled(server, "accounts")
    records += pulled(server, "opportunities", opportunities_fields="Tokendesk_Trial__c")
    return [*records, Record("x", "contact", {"Id": "1"})]
