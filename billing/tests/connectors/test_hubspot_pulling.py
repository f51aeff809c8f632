"""What is fetched from HubSpot: all that changed, whatever goes wrong on the way, and nothing twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from billing.connectors.exchange import Call, exchange
from billing.connectors.hubspot import HubSpot
from billing.connectors.hubspot_client import REST_OF_THE_LOCKED
from billing.rules.connecting import (
    AccessExpired,
    ConnectionFault,
    Later,
    NotSetUp,
    Page,
    Record,
    Unreachable,
)
from billing.tests.connectors.held import IMPATIENT, PRIVATE
from billing.tests.connectors.hubspot_books import COMPANIES, DEALS, LINES
from billing.tests.connectors.hubspot_server import HubSpotServer
from billing.tests.connectors.hubspot_told import HUBSPOT, access, pulled, walked, wishes_of
from billing.tests.connectors.stand_in import BROKEN, GARBAGE, HALF, SILENT


@pytest.fixture(scope="module")
def vendor_of_many() -> Iterator[HubSpotServer]:
    """250 companies with one stamp, and as many deals with a line each; a search answers 150 at most."""
    server = HubSpotServer()
    server.calls.most_results = 150
    for place in range(250):
        server.books.line(server.books.deal(server.books.company(f"Company {place}")))
    yield server
    server.close()


@pytest.fixture
def vendor() -> Iterator[HubSpotServer]:
    server = HubSpotServer()
    yield server
    server.close()


def names(records: list[Record]) -> list[str]:
    return [record.external_id.split(":")[1] for record in records]


class TestAWalk:
    def test_finds_everything_though_one_search_answers_less_and_all_stamps_are_one(
        self, vendor_of_many: HubSpotServer
    ) -> None:
        books = vendor_of_many.books
        token = {"authorization": f"Bearer {vendor_of_many.token()}"}
        path = f"{vendor_of_many.url}/crm/v3/objects/companies/search"
        told = {"filterGroups": [{"filters": []}], "limit": 100, "after": "100"}
        beyond = exchange(Call("POST", path, token, told=told, private_hosts=PRIVATE))

        assert beyond.status == 400
        assert names(pulled(vendor_of_many, COMPANIES)) == list(books.things[COMPANIES])
        assert names(pulled(vendor_of_many, DEALS)) == list(books.things[DEALS])

    def test_finds_everything_through_all_faults(self, vendor_of_many: HubSpotServer) -> None:
        chance = random.Random(7)
        kinds = [
            "expired",
            "500",
            "secondly",
            "ten",
            "daily",
            "locked",
            HALF,
            GARBAGE,
            BROKEN,
            SILENT,
            "down",
        ]
        cursor, impatient = "", HubSpot(IMPATIENT)
        found: list[Record] = []
        faults: set[type[ConnectionFault]] = set()
        while True:
            try:
                if kinds:
                    kind = kinds.pop(chance.randrange(len(kinds)))
                    page = hindered(vendor_of_many, kind, chance.randrange(4), cursor, impatient)
                else:
                    page = HUBSPOT.pull(access(vendor_of_many), DEALS, cursor)
            except ConnectionFault as fault:
                faults.add(type(fault))
                continue
            found += page.records
            cursor = page.cursor
            if page.is_last:
                break

        assert sorted(names(found)) == list(vendor_of_many.books.things[DEALS])
        assert faults == {AccessExpired, Later, Unreachable}

    def test_begins_again_where_it_began_less_what_searches_are_behind(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        first = books.company("First")
        books.pass_by(minutes=30)
        late = books.company("Late")
        books.unindexed.add((COMPANIES, late.id))
        books.pass_by(minutes=4)
        records, cursor = walked(vendor, COMPANIES)
        books.unindexed.clear()
        books.pass_by(minutes=2)
        books.write(COMPANIES, first, {"name": "First & Sons"})
        changed, cursor = walked(vendor, COMPANIES, cursor)
        books.pass_by(minutes=30)
        _, cursor = walked(vendor, COMPANIES, cursor)
        rest, _ = walked(vendor, COMPANIES, cursor)

        assert names(records) == [first.id]
        assert names(changed) == [first.id, late.id]
        assert changed[0].external_id != records[0].external_id
        assert rest == []

    def test_finds_what_changed_while_it_was_on_its_way(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        first = books.company("First")
        for _ in range(120):
            books.company("Other")
        page = HUBSPOT.pull(access(vendor), COMPANIES, "")
        books.pass_by(hours=1)
        books.write(COMPANIES, first, {"name": "First & Sons"})
        books.pass_by(hours=1)
        rest, cursor = walked(vendor, COMPANIES, page.cursor)
        after, _ = walked(vendor, COMPANIES, cursor)

        assert first.id not in names(rest)
        assert after[0].content["properties"]["name"] == "First & Sons"

    def test_goes_by_their_clock_where_ours_is_ahead(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        ahead = replace(access(vendor), at=books.now + timedelta(hours=3))
        cursor = HUBSPOT.pull(ahead, COMPANIES, "").cursor
        books.pass_by(minutes=20)
        acme = books.company()

        assert names(walked(vendor, COMPANIES, cursor)[0]) == [acme.id]


def hindered(server: HubSpotServer, kind: str, after: int, cursor: str, connector: HubSpot) -> Page:
    """A page that is asked for while something is wrong."""
    mine = access(server)
    if kind in (HALF, GARBAGE, BROKEN, SILENT):
        with server.in_trouble(kind):
            return connector.pull(mine, DEALS, cursor)
    if kind == "down":
        server.down()
        try:
            return connector.pull(mine, DEALS, cursor)
        finally:
            server.up()
    server.failing = [(after, kind)]
    try:
        return connector.pull(mine, DEALS, cursor)
    finally:
        server.failing = []


class TestDeals:
    def test_are_told_again_when_a_line_of_theirs_changes(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        deal = books.deal(books.company())
        line = books.line(deal)
        _, cursor = walked(vendor, LINES)
        books.pass_by(minutes=10)
        books.write(LINES, line, {"amount": "80"})

        (record,) = walked(vendor, LINES, cursor)[0]

        assert record.external_id == f"deal:{deal.id}:{int(books.now.timestamp() * 1000)}"
        assert record.content["lines"][0]["properties"]["amount"] == "80"

    def test_have_all_their_lines_and_companies(self, vendor: HubSpotServer) -> None:
        vendor.calls.association_page = 3
        books = vendor.books
        acme, other = books.company(), books.company("Other")
        deal = books.deal(acme)
        books.associate(DEALS, deal.id, COMPANIES, other.id, 341)
        lines = [books.line(deal).id for _ in range(105)]

        (record,) = pulled(vendor, DEALS)

        assert [line["id"] for line in record.content["lines"]] == lines
        assert record.content["companies"] == [
            {"id": acme.id, "primary": True},
            {"id": other.id, "primary": False},
        ]

    def test_are_not_told_without_lines_that_could_not_be_read(self, vendor: HubSpotServer) -> None:
        deals = [vendor.books.deal(vendor.books.company()) for _ in range(2)]
        for deal in deals:
            vendor.books.line(deal)
        vendor.calls.broken.add(deals[0].id)

        with pytest.raises(Unreachable, match="internal error"):
            pulled(vendor, DEALS)


class TestWhatWasDeleted:
    def test_is_told_once_and_gone_through_now_and_then(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        acme, deal = books.company(), books.deal()
        books.delete(COMPANIES, acme)
        books.delete(DEALS, deal)
        records, cursor = walked(vendor, "deleted")
        asked = len(vendor.asked)
        at_once, cursor = walked(vendor, "deleted", cursor)
        calls = len(vendor.asked) - asked
        books.pass_by(minutes=11)
        again, _ = walked(vendor, "deleted", cursor)

        assert names(records) == [acme.id, deal.id]
        assert (at_once, calls) == ([], 0)
        assert again == records

    def test_is_not_what_lives_on_in_another_record(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        merged = books.merge(DEALS, books.deal(), books.deal())

        assert pulled(vendor, "deleted") == []
        assert names(pulled(vendor, DEALS)) == [merged.id]


class TestAskedTooMuch:
    @pytest.mark.parametrize(
        ("kind", "seconds"),
        [("secondly", 1), ("ten", 10), ("daily", 3600), ("locked", REST_OF_THE_LOCKED)],
    )
    def test_is_left_alone_as_long_as_the_limit_asks(
        self, vendor: HubSpotServer, kind: str, seconds: float
    ) -> None:
        vendor.failing = [(0, kind)]

        with pytest.raises(Later) as raised:
            HUBSPOT.pull(access(vendor), COMPANIES, "")
        assert raised.value.seconds == seconds

    def test_is_so_by_five_searches_a_second(self, vendor: HubSpotServer) -> None:
        vendor.searches_a_second = 5
        for _ in range(5):
            HUBSPOT.pull(access(vendor), COMPANIES, "")
        with pytest.raises(Later):
            HUBSPOT.pull(access(vendor), COMPANIES, "")
        vendor.books.pass_by(seconds=2)

        assert HUBSPOT.pull(access(vendor), COMPANIES, "").is_last


class TestWhatIsNotSetUp:
    def test_names_the_scope_that_is_missing(self, vendor: HubSpotServer) -> None:
        vendor.lacks.add("crm.objects.line_items.read")

        with pytest.raises(NotSetUp, match="line_items"):
            HUBSPOT.check(access(vendor))
        with pytest.raises(NotSetUp, match=r"crm\.objects\.line_items\.read"):
            HUBSPOT.pull(access(vendor), LINES, "")

    def test_needs_a_property_that_holds_a_key_once(self, vendor: HubSpotServer) -> None:
        assert HUBSPOT.check(access(vendor)).said == "Connected to the HubSpot account 4711."
        vendor.books.unique.clear()
        with pytest.raises(NotSetUp, match="same value twice"):
            HUBSPOT.check(access(vendor))
        vendor.books.unknown.add("tokendesk_key")
        with pytest.raises(NotSetUp, match="no property"):
            HUBSPOT.check(access(vendor))

    def test_reads_further_properties_where_it_is_told(self, vendor: HubSpotServer) -> None:
        vendor.books.company(region="North")
        more = access(vendor, companies_properties="region, industry")

        (record,) = HUBSPOT.pull(more, COMPANIES, "").records

        assert record.content["properties"]["region"] == "North"
        assert wishes_of(record)
