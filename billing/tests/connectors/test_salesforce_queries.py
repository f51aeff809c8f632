"""What Salesforce is asked in words, and how it is left alone when it is asked too much."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.connectors.exchange import Call, exchange
from billing.connectors.salesforce_client import quoted
from billing.connectors.salesforce_pulling import Place, query_of
from billing.rules.connecting import Later, NotSetUp, Unreachable
from billing.tests.connectors.held import PRIVATE
from billing.tests.connectors.salesforce_books import ACCOUNT
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_soql import parsed
from billing.tests.connectors.salesforce_told import SALESFORCE, access, names, pulled, walked

ACCOUNTS = "accounts"


@pytest.fixture
def vendor() -> Iterator[SalesforceServer]:
    server = SalesforceServer()
    yield server
    server.close()


class TestAskedTooMuch:
    @pytest.mark.parametrize(("kind", "seconds"), [("day", 900), ("many", 30), ("locked", 5)])
    def test_is_left_alone_as_long_as_the_limit_asks(
        self, vendor: SalesforceServer, kind: str, seconds: float
    ) -> None:
        vendor.failing = [(0, kind)]

        with pytest.raises(Later) as raised:
            SALESFORCE.pull(access(vendor), ACCOUNTS, "")
        assert raised.value.seconds == seconds

    def test_is_asked_less_when_most_of_a_day_s_calls_are_used(self, vendor: SalesforceServer) -> None:
        vendor.allowed, vendor.used = 1000, 850
        _, cursor = walked(vendor, ACCOUNTS)
        acme = vendor.books.account()
        vendor.books.pass_by(minutes=9)
        at_once, cursor = walked(vendor, ACCOUNTS, cursor)
        vendor.books.pass_by(minutes=2)
        after, _ = walked(vendor, ACCOUNTS, cursor)

        assert (at_once, names(after)) == ([], [acme.id])
        assert vendor.used == 852

    def test_is_refused_when_all_of_them_are(self, vendor: SalesforceServer) -> None:
        vendor.allowed = 1
        SALESFORCE.pull(access(vendor), ACCOUNTS, "")

        with pytest.raises(Later, match="used up"):
            SALESFORCE.pull(access(vendor), ACCOUNTS, "")


class TestAQuery:
    @pytest.mark.parametrize("text", ["0'1", "\\", "\\'", "' OR Id != '", "plain"])
    def test_quotes_what_stands_in_it(self, text: str) -> None:
        query = parsed(f"SELECT Id FROM Account WHERE Name = {quoted(text)} AND Id > '1'")

        assert [test.value for test in query.tests] == [text, "1"]

    def test_asks_for_no_more_than_fits(self, vendor: SalesforceServer) -> None:
        many = ",".join(f"A_Long_Name_{place}__c" for place in range(200))
        with pytest.raises(NotSetUp, match="Too many fields"):
            pulled(vendor, ACCOUNTS, accounts_fields=many)
        assert vendor.asked == []

    @pytest.mark.parametrize("odd", ["Name FROM User", "Id)", "a b", "1a", "Owner..Name", "A__c'"])
    def test_asks_for_fields_alone(self, vendor: SalesforceServer, odd: str) -> None:
        with pytest.raises(NotSetUp, match="is no field"):
            query_of(access(vendor, accounts_fields=f"Type, {odd}"), ACCOUNTS, Place())

    def test_reads_further_fields_where_it_is_told(self, vendor: SalesforceServer) -> None:
        vendor.books.add_field(ACCOUNT, "Region__c")
        vendor.books.account(Region__c="North")

        (record,) = pulled(vendor, ACCOUNTS, accounts_fields="Region__c, Type")
        assert record.content["Region__c"] == "North"

    def test_counts_at_salesforce_alone(self, vendor: SalesforceServer) -> None:
        place = Place(0, 1, "", "https://elsewhere.example/services/data/v65.0/query/01g-2000")
        with pytest.raises(Unreachable, match="leads elsewhere"):
            SALESFORCE.pull(access(vendor), ACCOUNTS, place.kept())
        assert vendor.asked == []


class TestTheStandIn:
    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("SELECT Nothing FROM Account", "INVALID_FIELD"),
            ("SELECT Id FROM Nothing", "INVALID_TYPE"),
            ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
            ("SELECT Id FROM Account WHERE Name = 'a' OR Id = 'b'", "MALFORMED_QUERY"),
            ("SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Account)", "MALFORMED_QUERY"),
            (f"SELECT Id FROM Account WHERE Name = '{'x' * 1500}' LIMIT x", "MALFORMED_QUERY"),
        ],
    )
    def test_refuses_what_is_no_query(self, vendor: SalesforceServer, query: str, code: str) -> None:
        token = {"authorization": f"Bearer {vendor.token()}"}
        call = Call(
            "GET", f"{vendor.url}/services/data/v65.0/query", token, {"q": query}, private_hosts=PRIVATE
        )
        reply = exchange(call)

        assert (reply.status, reply.read()[0]["errorCode"]) == (400, code)
