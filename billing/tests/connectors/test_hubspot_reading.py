"""What HubSpot's records come to: accounts, orders, trials, and what was merged or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from billing.rules.connecting import (
    Customer,
    Gone,
    Incoming,
    Incomplete,
    Merged,
    Nothing,
    Record,
    Sale,
    SaleLine,
    TrialWish,
    Unreadable,
    Unverified,
    Wish,
)
from billing.rules.mapping import IN, Rule, mapped_by
from billing.tests.connectors.held import NOW
from billing.tests.connectors.hubspot_books import COMPANIES, DEALS, PRIMARY, Thing
from billing.tests.connectors.hubspot_server import CALLED, HubSpotServer, body_of, event
from billing.tests.connectors.hubspot_told import HUBSPOT, access, pulled, wishes_of

STAMP = int(NOW.timestamp() * 1000)


@pytest.fixture
def vendor() -> Iterator[HubSpotServer]:
    server = HubSpotServer()
    yield server
    server.close()


def wished(vendor: HubSpotServer, stream: str) -> list[Wish]:
    return [wish for record in pulled(vendor, stream) for wish in wishes_of(record)]


def cancelled(deal: Thing, at: int = STAMP, *former: Thing) -> Sale:
    return Sale(deal.id, at, state="cancelled", formerly=tuple(each.id for each in former))


class TestACompany:
    def test_is_the_account_that_it_names_or_one_of_its_own_name(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company("Acme", tokendesk_account="acme")
        other = vendor.books.company("Other")

        assert wished(vendor, COMPANIES) == [
            Customer(acme.id, "acme", "Acme"),
            Customer(other.id, other.id, "Other"),
        ]

    def test_is_none_of_ours_where_the_mapping_says_so(self, vendor: HubSpotServer) -> None:
        vendor.books.company("Lead", lifecyclestage="lead")
        customer = vendor.books.company("Acme", lifecyclestage="customer")
        rule = Rule("properties.lifecyclestage == 'customer' && id || ''")
        mapped = mapped_by(HUBSPOT.targets, {(IN, "customer", "reference"): rule})

        lead, acme = (HUBSPOT.read(record, mapped) for record in pulled(vendor, COMPANIES))

        assert isinstance(lead[0], Nothing)
        assert acme == [Customer(customer.id, customer.id, "Acme")]

    def test_brings_what_was_merged_into_it_before_itself(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        one, two, three = (books.company(name) for name in ("One", "Two", "Three"))
        merged = books.merge(COMPANIES, books.merge(COMPANIES, one, two), three)
        former = [each for each in books.gone if each != merged.id]

        assert wished(vendor, COMPANIES) == [
            *(Merged(each, merged.id) for each in sorted(former)),
            Customer(merged.id, merged.id, "One"),
        ]

    def test_is_gone_when_it_was_deleted(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        vendor.books.delete(COMPANIES, acme)

        assert wished(vendor, "deleted") == [Gone(acme.id)]


class TestADeal:
    def test_is_an_order_of_its_lines_when_it_is_won(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        deal = vendor.books.deal(acme)
        pack = vendor.books.line(deal, "pack", "199.90", quantity="2")
        seats = vendor.books.line(deal, "seats", "50", hs_line_item_currency_code="")
        vendor.books.line(deal, "")

        assert wished(vendor, DEALS) == [
            Sale(
                deal.id,
                STAMP,
                [
                    SaleLine("pack", pack.id, Decimal(2), Decimal("199.90"), "USD"),
                    SaleLine("seats", seats.id, Decimal(1), Decimal(50), "USD"),
                ],
                customer=acme.id,
            )
        ]

    def test_is_cancelled_when_it_is_won_no_more(self, vendor: HubSpotServer) -> None:
        deals = [vendor.books.deal(stage=stage) for stage in ("closedlost", "presentation", "closedwon")]

        assert wished(vendor, DEALS) == [cancelled(deal) for deal in deals]

    def test_is_won_by_whatever_stage_the_mapping_says(self, vendor: HubSpotServer) -> None:
        vendor.books.line(vendor.books.deal(vendor.books.company(), "stage-17"))
        rule = Rule("deal.properties.dealstage", {"stage-17": "active"})
        mapped = mapped_by(HUBSPOT.targets, {(IN, "deal", "state"): rule})
        (record,) = pulled(vendor, DEALS)

        assert [wish.state for wish in HUBSPOT.read(record, mapped) if isinstance(wish, Sale)] == ["active"]

    def test_is_of_a_later_version_when_a_line_changes(self, vendor: HubSpotServer) -> None:
        deal = vendor.books.deal(vendor.books.company())
        line = vendor.books.line(deal)
        vendor.books.pass_by(minutes=1)
        vendor.books.write("line_items", line, {"amount": "90"})

        (wish,) = wished(vendor, DEALS)

        assert isinstance(wish, Sale)
        assert (wish.version, wish.lines[0].amount) == (STAMP + 60_000, Decimal(90))

    def test_before_the_first_day_is_left_alone(self, vendor: HubSpotServer) -> None:
        vendor.books.line(vendor.books.deal(vendor.books.company(), closedate="2026-10-31T23:59:59.000Z"))

        (wish,) = wished(vendor, DEALS)

        assert isinstance(wish, Nothing)
        assert "2026-11-01" in wish.why

    def test_without_a_primary_company_is_for_a_person(self, vendor: HubSpotServer) -> None:
        vendor.books.line(vendor.books.deal())

        with pytest.raises(Unreadable, match="no primary company"):
            wished(vendor, DEALS)

    def test_has_the_company_that_it_was_given_since(self, vendor: HubSpotServer) -> None:
        acme, deal = vendor.books.company(), vendor.books.deal()
        vendor.books.line(deal)
        (record,) = pulled(vendor, DEALS)
        vendor.books.associate(DEALS, deal.id, COMPANIES, acme.id, PRIMARY)

        (wish,) = wishes_of(HUBSPOT.complete(access(vendor), record))

        assert isinstance(wish, Sale)
        assert wish.customer == acme.id

    def test_names_what_was_merged_into_it(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        acme = books.company()
        one, two = books.deal(acme), books.deal(acme)
        line = books.line(two)
        merged = books.merge(DEALS, one, two)

        assert wished(vendor, DEALS) == [
            Sale(
                merged.id,
                STAMP,
                [SaleLine("pack", line.id, Decimal(1), Decimal(100), "USD")],
                customer=acme.id,
                formerly=(one.id, two.id),
            )
        ]

    def test_is_cancelled_when_it_was_deleted(self, vendor: HubSpotServer) -> None:
        deal = vendor.books.deal()
        vendor.books.pass_by(minutes=1)
        vendor.books.delete(DEALS, deal)

        assert wished(vendor, "deleted") == [cancelled(deal, STAMP + 60_000)]

    def test_asks_for_a_trial_while_it_is_open(self, vendor: HubSpotServer) -> None:
        acme = vendor.books.company()
        deal = vendor.books.deal(acme, "presentation", tokendesk_trial="Pilot")
        lost = vendor.books.deal(acme, "closedlost", tokendesk_trial="Pilot")

        assert wished(vendor, DEALS) == [
            cancelled(deal),
            TrialWish(f"deal {deal.id}", "Pilot", customer=acme.id, reason="A deal"),
            cancelled(lost),
        ]


class TestACall:
    def complete(self, vendor: HubSpotServer, *events: dict[str, object]) -> Record:
        mine, body = access(vendor), body_of(events)
        call = Incoming(vendor.signed(body, vendor.books.now), body, vendor.books.now, CALLED)
        return HUBSPOT.complete(mine, HUBSPOT.verify(mine, call))

    def test_tells_what_its_records_are_now(self, vendor: HubSpotServer) -> None:
        books = vendor.books
        acme, gone = books.company(), books.company("Gone")
        deal = books.deal(acme)
        line = books.line(deal)
        bad = books.deal()
        books.line(bad)
        books.delete(COMPANIES, gone)
        record = self.complete(
            vendor,
            event("deal.propertyChange", bad.id),
            event("line_item.propertyChange", line.id),
            event("deal.propertyChange", deal.id),
            event("company.deletion", gone.id),
            event("company.creation", acme.id),
            event("contact.creation", "5"),
        )

        customer, dropped, *deals = HUBSPOT.read(record, mapped_by(HUBSPOT.targets, {}))

        assert (customer, dropped) == (Customer(acme.id, acme.id, "Acme"), Gone(gone.id))
        assert [type(each) for each in deals] == [Nothing, Sale]

    def test_tells_of_a_deal_that_nothing_can_be_made_of_without_what_it_says(
        self, vendor: HubSpotServer
    ) -> None:
        deal = vendor.books.deal(vendor.books.company())
        vendor.books.line(deal, quantity="Jane Doe")
        record = self.complete(vendor, event("deal.propertyChange", deal.id))

        (nothing,) = wishes_of(record)

        assert isinstance(nothing, Nothing)
        assert nothing.why.startswith(f"Of deal {deal.id}: ")
        assert nothing.why.endswith("is no number.")

    def test_is_no_fault_before_it_is_completed(self, vendor: HubSpotServer) -> None:
        body = body_of([event("deal.creation", "1")])
        told = HUBSPOT.verify(access(vendor), Incoming(vendor.signed(body), body, NOW, CALLED))

        with pytest.raises(Incomplete):
            wishes_of(told)

    def test_is_one_record_whichever_attempt_it_is(self, vendor: HubSpotServer) -> None:
        mine = access(vendor)
        ids = set()
        for attempt, url in ((0, CALLED), (1, CALLED.replace("https", "http"))):
            body = body_of([event("deal.creation", "1", attemptNumber=attempt)])
            ids.add(HUBSPOT.verify(mine, Incoming(vendor.signed(body), body, NOW, url)).external_id)
        other = body_of([event("deal.creation", "1", NOW + timedelta(seconds=1))])

        assert len(ids) == 1
        assert HUBSPOT.verify(mine, Incoming(vendor.signed(other), other, NOW, CALLED)).external_id not in ids

    def test_counts_at_the_address_that_was_called_alone(self, vendor: HubSpotServer) -> None:
        body = body_of([event("deal.creation", "1")])
        call = Incoming(vendor.signed(body), body, NOW, CALLED)

        with pytest.raises(Unverified, match="signature"):
            HUBSPOT.verify(access(vendor), replace(call, url=CALLED.replace("crm", "other")))
