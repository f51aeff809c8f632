"""What Salesforce's records come to: accounts, orders, trials, and what was merged, deleted or brought back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from billing.rules.connecting import (
    Customer,
    Gone,
    Merged,
    Nothing,
    Sale,
    SaleLine,
    TrialWish,
    Unreadable,
    Wish,
)
from billing.rules.mapping import IN, Rule, mapped_by
from billing.tests.connectors.held import NOW
from billing.tests.connectors.salesforce_books import ACCOUNT, OPPORTUNITY, Row
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import SALESFORCE, pulled, wishes_of

STAMP = int(NOW.timestamp() * 1000)
ACCOUNTS, OPPORTUNITIES, LINES = SALESFORCE.streams


@pytest.fixture
def vendor() -> Iterator[SalesforceServer]:
    server = SalesforceServer()
    yield server
    server.close()


def wished(vendor: SalesforceServer, stream: str, **settings: str) -> list[Wish]:
    return [wish for record in pulled(vendor, stream, **settings) for wish in wishes_of(record)]


def cancelled(opportunity: Row, at: int = STAMP) -> Sale:
    return Sale(opportunity.id, at, state="cancelled")


class TestAnAccount:
    def test_is_the_account_that_it_names_or_one_of_its_own_identity(self, vendor: SalesforceServer) -> None:
        vendor.books.add_field(ACCOUNT, "Tokendesk_Account__c")
        acme = vendor.books.account("Acme", Tokendesk_Account__c="acme")
        other = vendor.books.account("Other")

        assert wished(vendor, ACCOUNTS, accounts_fields="Tokendesk_Account__c") == [
            Customer(acme.id, "acme", "Acme"),
            Customer(other.id, other.id, "Other"),
        ]

    def test_is_none_of_ours_where_the_mapping_says_so(self, vendor: SalesforceServer) -> None:
        vendor.books.account("Lead", Type="Prospect")
        customer = vendor.books.account("Acme", Type="Customer")
        rule = Rule("Type == 'Customer' && Id || ''")
        mapped = mapped_by(SALESFORCE.targets, {(IN, "customer", "reference"): rule})

        lead, acme = (SALESFORCE.read(record, mapped) for record in pulled(vendor, ACCOUNTS))

        assert isinstance(lead[0], Nothing)
        assert acme == [Customer(customer.id, customer.id, "Acme")]

    def test_is_gone_when_it_was_deleted_and_there_when_it_came_back(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        vendor.books.delete(acme)
        assert wished(vendor, ACCOUNTS) == [Gone(acme.id)]
        vendor.books.pass_by(minutes=1)
        vendor.books.undelete(acme)

        assert wished(vendor, ACCOUNTS) == [Customer(acme.id, acme.id, "Acme")]

    def test_goes_into_the_one_that_it_was_merged_with(self, vendor: SalesforceServer) -> None:
        one, two, three = (vendor.books.account(name) for name in ("One", "Two", "Three"))
        vendor.books.merge(two, one)
        vendor.books.merge(three, two)

        assert wished(vendor, ACCOUNTS) == [
            Merged(one.id, two.id),
            Merged(two.id, three.id),
            Customer(three.id, three.id, "Three"),
        ]


class TestAnOpportunity:
    def test_is_an_order_of_its_products_when_it_is_won(self, vendor: SalesforceServer) -> None:
        acme = vendor.books.account()
        deal = vendor.books.opportunity(acme)
        pack = vendor.books.line(deal, "pack", 199.9, Quantity=2.0)
        seats = vendor.books.line(deal, "seats", 50.0)
        vendor.books.line(deal, "")
        vendor.books.delete(vendor.books.line(deal, "gone"))

        assert wished(vendor, OPPORTUNITIES) == [
            Sale(
                deal.id,
                STAMP,
                [
                    SaleLine("pack", pack.id, Decimal(2), Decimal("199.9"), "USD"),
                    SaleLine("seats", seats.id, Decimal(1), Decimal(50), "USD"),
                ],
                customer=acme.id,
            )
        ]

    def test_has_the_currency_of_its_line_or_its_own(self, vendor: SalesforceServer) -> None:
        vendor.books.have_currencies()
        deal = vendor.books.opportunity(vendor.books.account(), CurrencyIsoCode="EUR")
        vendor.books.line(deal, CurrencyIsoCode="CHF")
        vendor.books.line(deal)

        (wish,) = wished(vendor, OPPORTUNITIES, currency="")

        assert isinstance(wish, Sale)
        assert [line.currency for line in wish.lines] == ["CHF", "EUR"]

    @pytest.mark.parametrize(
        ("price", "exact"), [(0.1, "0.1"), (123456789.12, "123456789.12"), (1e16, "1E+16"), (-5.5, "-5.5")]
    )
    def test_has_exact_amounts(self, vendor: SalesforceServer, price: float, exact: str) -> None:
        vendor.books.line(vendor.books.opportunity(vendor.books.account()), price=price)

        (wish,) = wished(vendor, OPPORTUNITIES)

        assert isinstance(wish, Sale)
        assert wish.lines[0].amount == Decimal(exact)

    def test_is_cancelled_when_it_is_won_no_more_or_has_no_product(self, vendor: SalesforceServer) -> None:
        stages = ("Closed Lost", "Prospecting", "Closed Won")
        deals = [vendor.books.opportunity(stage=stage) for stage in stages]

        assert wished(vendor, OPPORTUNITIES) == [cancelled(deal) for deal in deals]

    def test_is_won_by_whatever_stage_the_mapping_says(self, vendor: SalesforceServer) -> None:
        vendor.books.line(vendor.books.opportunity(vendor.books.account(), "Signed"))
        rule = Rule("opportunity.StageName", {"Signed": "active"})
        mapped = mapped_by(SALESFORCE.targets, {(IN, "opportunity", "state"): rule})
        (record,) = pulled(vendor, OPPORTUNITIES)

        (wish,) = SALESFORCE.read(record, mapped)

        assert isinstance(wish, Sale)
        assert wish.state == "active"

    def test_is_of_a_later_version_when_a_line_goes(self, vendor: SalesforceServer) -> None:
        deal = vendor.books.opportunity(vendor.books.account())
        line, other = vendor.books.line(deal), vendor.books.line(deal, "other")
        vendor.books.pass_by(minutes=1)
        vendor.books.write_line(line, {"ServiceDate": "2026-12-24"}, touches_opportunity=False)
        vendor.books.pass_by(minutes=1)
        vendor.books.delete(line)

        (wish,) = wished(vendor, LINES)

        assert isinstance(wish, Sale)
        assert (wish.version, [each.name for each in wish.lines]) == (STAMP + 120_000, [other.id])

    def test_before_the_first_day_is_left_alone(self, vendor: SalesforceServer) -> None:
        vendor.books.line(vendor.books.opportunity(vendor.books.account(), CloseDate="2026-10-31"))
        vendor.books.line(vendor.books.opportunity(vendor.books.account(), CloseDate="2026-11-01"))

        older, first = wished(vendor, OPPORTUNITIES)

        assert isinstance(older, Nothing)
        assert "2026-11-01" in older.why
        assert isinstance(first, Sale)

    def test_without_an_account_is_for_a_person(self, vendor: SalesforceServer) -> None:
        vendor.books.line(vendor.books.opportunity())

        with pytest.raises(Unreadable, match="no account"):
            wished(vendor, OPPORTUNITIES)

    def test_is_cancelled_when_it_was_deleted_and_sold_when_it_came_back(
        self, vendor: SalesforceServer
    ) -> None:
        deal = vendor.books.opportunity(vendor.books.account())
        vendor.books.line(deal)
        vendor.books.pass_by(minutes=1)
        vendor.books.delete(deal)
        assert wished(vendor, OPPORTUNITIES) == [cancelled(deal, STAMP + 60_000)]
        vendor.books.pass_by(minutes=1)
        vendor.books.undelete(deal)

        (wish,) = wished(vendor, OPPORTUNITIES)

        assert isinstance(wish, Sale)
        assert (wish.state, wish.version, len(wish.lines)) == ("active", STAMP + 120_000, 1)

    def test_asks_for_a_trial_while_it_is_open(self, vendor: SalesforceServer) -> None:
        vendor.books.add_field(OPPORTUNITY, "Tokendesk_Trial__c")
        acme = vendor.books.account()
        deal = vendor.books.opportunity(acme, "Prospecting", Tokendesk_Trial__c="Pilot")
        lost = vendor.books.opportunity(acme, "Closed Lost", Tokendesk_Trial__c="Pilot")

        assert wished(vendor, OPPORTUNITIES, opportunities_fields="Tokendesk_Trial__c") == [
            cancelled(deal),
            TrialWish(f"opportunity {deal.id}", "Pilot", customer=acme.id, reason="A deal"),
            cancelled(lost),
        ]
