"""What is fetched from Salesforce: all that changed, whatever goes wrong on the way, and nothing twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from billing.connectors.salesforce import Salesforce
from billing.connectors.salesforce_pulling import Place, place_of
from billing.rules.connecting import (
    AccessExpired,
    ConnectionFault,
    Later,
    NotSetUp,
    Page,
    Record,
    Unreachable,
)
from billing.tests.connectors.held import IMPATIENT
from billing.tests.connectors.salesforce_books import ACCOUNT, OPPORTUNITY, Row
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import SALESFORCE, access, names, pulled, walked
from billing.tests.connectors.stand_in import BROKEN, GARBAGE, HALF, SILENT

ACCOUNTS, OPPORTUNITIES, LINES = SALESFORCE.streams


@pytest.fixture
def vendor() -> Iterator[SalesforceServer]:
    server = SalesforceServer()
    yield server
    server.close()


@pytest.fixture
def vendor_of_many(vendor: SalesforceServer) -> SalesforceServer:
    """120 opportunities with one stamp and a line each, fifty in a page."""
    vendor.calls.finder.page = 50
    for place in range(120):
        vendor.books.line(vendor.books.opportunity(vendor.books.account(f"Account {place}")))
    return vendor


def found_by(server: SalesforceServer, path: str) -> int:
    return sum(path in each.path for each in server.asked)


class TestAWalk:
    def test_finds_everything_though_all_stamps_are_one(self, vendor_of_many: SalesforceServer) -> None:
        tables = vendor_of_many.books.tables

        assert names(pulled(vendor_of_many, ACCOUNTS)) == list(tables[ACCOUNT])
        assert names(pulled(vendor_of_many, OPPORTUNITIES)) == list(tables[OPPORTUNITY])
        assert found_by(vendor_of_many, "/query/") == 4

    def test_finds_everything_through_all_faults(self, vendor_of_many: SalesforceServer) -> None:
        chance, vendor_of_many.calls.finder.page = random.Random(7), 6
        kinds = [
            "expired",
            "500",
            "503",
            "day",
            "many",
            "slow",
            "locked",
            HALF,
            GARBAGE,
            BROKEN,
            SILENT,
            "down",
        ]
        kinds += ["locator"] * 3
        cursor = ""
        found: list[Record] = []
        faults: set[type[ConnectionFault]] = set()
        while True:
            try:
                if kinds:
                    kind = kinds.pop(chance.randrange(len(kinds)))
                    page = hindered(vendor_of_many, kind, cursor)
                else:
                    page = SALESFORCE.pull(access(vendor_of_many), OPPORTUNITIES, cursor)
            except ConnectionFault as fault:
                faults.add(type(fault))
                continue
            found += page.records
            cursor = page.cursor
            if page.is_last:
                break

        assert names(found) == list(vendor_of_many.books.tables[OPPORTUNITY])
        assert kinds == []
        assert faults == {AccessExpired, Later, Unreachable}

    def test_goes_on_above_the_last_one_where_its_place_is_forgotten(
        self, vendor_of_many: SalesforceServer
    ) -> None:
        first = SALESFORCE.pull(access(vendor_of_many), OPPORTUNITIES, "")
        vendor_of_many.books.pass_by(days=3)
        rest, cursor = walked(vendor_of_many, OPPORTUNITIES, first.cursor)

        assert names([*first.records, *rest]) == list(vendor_of_many.books.tables[OPPORTUNITY])
        assert place_of(cursor).since < place_of(first.cursor).began

    def test_leaves_a_second_that_is_not_over_to_the_next(self, vendor: SalesforceServer) -> None:
        books = vendor.books
        acme = books.account()
        vendor.later = timedelta(0)
        at_once, cursor = walked(vendor, ACCOUNTS)
        books.write(acme, {"Name": "Acme & Sons"})
        books.pass_by(seconds=10)
        after, cursor = walked(vendor, ACCOUNTS, cursor)
        books.pass_by(minutes=30)
        _, cursor = walked(vendor, ACCOUNTS, cursor)

        assert at_once == []
        assert [each.content["Name"] for each in after] == ["Acme & Sons"]
        assert walked(vendor, ACCOUNTS, cursor)[0] == []

    def test_finds_what_was_written_before_it_and_committed_after(self, vendor: SalesforceServer) -> None:
        books = vendor.books
        slow = books.account("Slow")
        del books.tables[ACCOUNT][slow.id]
        books.pass_by(minutes=9)
        _, cursor = walked(vendor, ACCOUNTS)
        books.tables[ACCOUNT][slow.id] = slow
        books.pass_by(minutes=1)

        assert names(walked(vendor, ACCOUNTS, cursor)[0]) == [slow.id]

    def test_finds_what_changed_while_it_was_on_its_way(self, vendor_of_many: SalesforceServer) -> None:
        books = vendor_of_many.books
        first, *_, last = books.tables[ACCOUNT].values()
        page = SALESFORCE.pull(access(vendor_of_many), ACCOUNTS, "")
        books.pass_by(hours=1)
        for each in (first, last):
            books.write(each, {"Name": "Changed"})
        books.pass_by(hours=1)
        rest, cursor = walked(vendor_of_many, ACCOUNTS, page.cursor)
        after, _ = walked(vendor_of_many, ACCOUNTS, cursor)

        assert not {first.id, last.id} & set(names(rest))
        assert {first.id, last.id} <= set(names(after))

    def test_goes_by_their_clock_where_ours_is_ahead(self, vendor: SalesforceServer) -> None:
        ahead = replace(access(vendor), at=vendor.books.now + timedelta(hours=3))
        cursor = SALESFORCE.pull(ahead, ACCOUNTS, "").cursor
        vendor.books.pass_by(minutes=20)
        acme = vendor.books.account()

        assert names(walked(vendor, ACCOUNTS, cursor)[0]) == [acme.id]

    def test_is_one_call_where_nothing_changed(self, vendor_of_many: SalesforceServer) -> None:
        _, cursor = walked(vendor_of_many, OPPORTUNITIES)
        vendor_of_many.books.pass_by(hours=1)
        _, cursor = walked(vendor_of_many, OPPORTUNITIES, cursor)
        before = len(vendor_of_many.asked)
        walked(vendor_of_many, OPPORTUNITIES, cursor)

        assert len(vendor_of_many.asked) == before + 1

    def test_goes_on_where_more_than_ten_others_began(self, vendor_of_many: SalesforceServer) -> None:
        first = SALESFORCE.pull(access(vendor_of_many), ACCOUNTS, "")
        for _ in range(10):
            SALESFORCE.pull(access(vendor_of_many), ACCOUNTS, "")
        page = SALESFORCE.pull(access(vendor_of_many), ACCOUNTS, first.cursor)
        rows: list[Row] = list(vendor_of_many.books.tables[ACCOUNT].values())

        assert names(list(page.records)) == [row.id for row in rows[50:100]]
        assert found_by(vendor_of_many, "/queryAll") == 12


def hindered(server: SalesforceServer, kind: str, cursor: str) -> Page:
    """A page that is asked for while something is wrong."""
    mine, connector = access(server), Salesforce(IMPATIENT) if kind == SILENT else SALESFORCE
    if kind in (HALF, GARBAGE, BROKEN, SILENT):
        with server.in_trouble(kind):
            return connector.pull(mine, OPPORTUNITIES, cursor)
    if kind == "down":
        server.down()
        try:
            return connector.pull(mine, OPPORTUNITIES, cursor)
        finally:
            server.up()
    server.failing = [(0, kind)]
    return connector.pull(mine, OPPORTUNITIES, cursor)


class TestOpportunities:
    def test_are_told_again_when_a_line_changes_or_goes_and_they_do_not(
        self, vendor: SalesforceServer
    ) -> None:
        books = vendor.books
        deal = books.opportunity(books.account())
        line, other = books.line(deal), books.line(deal)
        _, cursor = walked(vendor, LINES)
        books.pass_by(minutes=20)
        books.write_line(line, {"ServiceDate": "2026-12-01"}, touches_opportunity=False)
        (dated,), cursor = walked(vendor, LINES, cursor)
        books.pass_by(minutes=20)
        books.delete(other)
        (less,), _ = walked(vendor, LINES, cursor)

        dates = {each["Id"]: each["ServiceDate"] for each in dated.content["lines"]}
        are_gone = {each["Id"]: each["IsDeleted"] for each in less.content["lines"]}
        assert dates == {line.id: "2026-12-01", other.id: None}
        assert are_gone == {line.id: False, other.id: True}
        assert less.external_id == f"opportunity:{deal.id}:{int(books.now.timestamp() * 1000)}"
        assert walked(vendor, OPPORTUNITIES, Place(dated_at(books.now)).kept())[0] == []

    def test_have_all_their_lines_though_these_have_pages(self, vendor: SalesforceServer) -> None:
        vendor.calls.finder.child_page, vendor.calls.finder.page = 3, 2
        deals = [vendor.books.opportunity(vendor.books.account()) for _ in range(3)]
        lines = {deal.id: {vendor.books.line(deal).id for _ in range(10)} for deal in deals}

        records = pulled(vendor, OPPORTUNITIES)

        assert {
            each.content["opportunity"]["Id"]: {line["Id"] for line in each.content["lines"]}
            for each in records
        } == lines

    def test_are_asked_for_again_where_the_place_of_their_lines_is_forgotten(
        self, vendor: SalesforceServer
    ) -> None:
        vendor.calls.finder.child_page = 3
        deal = vendor.books.opportunity(vendor.books.account())
        for _ in range(10):
            vendor.books.line(deal)
        vendor.failing = [(1, "locator")]
        with pytest.raises(Unreachable, match="does not know any more"):
            SALESFORCE.pull(access(vendor), OPPORTUNITIES, "")

        (record,) = pulled(vendor, OPPORTUNITIES)
        assert len(record.content["lines"]) == 10

    def test_tell_their_currency_where_the_org_has_several(self, vendor: SalesforceServer) -> None:
        with pytest.raises(NotSetUp, match="CurrencyIsoCode"):
            pulled(vendor, OPPORTUNITIES, currency="")
        vendor.books.have_currencies()
        vendor.books.opportunity(CurrencyIsoCode="EUR")

        (record,) = pulled(vendor, OPPORTUNITIES, currency="")
        assert record.content["opportunity"]["CurrencyIsoCode"] == "EUR"


def dated_at(moment: object) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)  # type: ignore[attr-defined]
