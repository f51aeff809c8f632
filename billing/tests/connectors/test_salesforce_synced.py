"""Salesforce through the whole frame: fetched, applied, and told, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Connection, Handling, Link, Order, Outgoing
from billing.queries.orders import present_version
from billing.rules.connecting import FIELDS, TASK
from billing.services import applying, connection_secrets, connections, outgoing, syncing
from billing.services.connections import ConnectionWish
from billing.tests.connectors.salesforce_books import ACCOUNT, Row
from billing.tests.connectors.salesforce_books import TASK as TASKS
from billing.tests.connectors.salesforce_server import SalesforceServer
from billing.tests.connectors.salesforce_told import SALESFORCE
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import clock, named
from wallets.models import Account, Grant

pytestmark = pytest.mark.committed
CONNECTORS = {"salesforce": SALESFORCE}


class Org:
    """A connection that is on, with its refresh token alone. It is an hour earlier there when it begins."""

    def __init__(self) -> None:
        self.server = SalesforceServer()
        self.books = self.server.books
        self.books.begin(clock() - timedelta(hours=1))
        self.books.add_field(ACCOUNT, "Tokendesk_Account__c")
        self.pack = an_offer("100", tokens=[bought("1000")]).code
        settings = {
            "address": self.server.url,
            "client_id": self.server.client_id,
            "opportunities_since": (clock() - timedelta(days=30)).date().isoformat(),
            "accounts_fields": "Tokendesk_Account__c",
            "currency": "USD",
        }
        self.row = connections.make(
            code=named("org"),
            kind="salesforce",
            known=SALESFORCE.settings,
            wish=ConnectionWish("Org", settings),
        )
        secrets = {"client_secret": self.server.client_secret, "refresh_token": self.server.refresh_token}
        for name, text in secrets.items():
            connection_secrets.put_secret(connection_id=self.row.pk, name=name, text=text)
        connections.set_state(connection_id=self.row.pk, state=Connection.State.ON)

    def account(self) -> tuple[Row, str]:
        """An account there, and ours that it names."""
        reference = named("org")
        return self.books.account(Tokendesk_Account__c=reference), reference

    def sync(self) -> None:
        """Fetch all that changed and apply it; a minute passes by there."""
        self.row.cursors.update(due_at=clock())
        syncing.pull_due(CONNECTORS, 20)
        applying.work_due(CONNECTORS, 20)
        self.books.pass_by(minutes=1)

    def states(self) -> set[str]:
        return set(Handling.objects.filter(connection=self.row).values_list("state", flat=True))

    def orders(self) -> dict[str, str]:
        """The state of each order, by the opportunity that it was placed for."""
        found = {}
        for order in Order.objects.filter(external_id__startswith=f"{self.row.code}:"):
            version = present_version(order)
            assert version is not None
            found[order.external_id.partition(":")[2]] = version.state
        return found


@pytest.fixture
def org(committed_database: None, settings: Any) -> Iterator[Org]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    org = Org()
    yield org
    connections.set_state(connection_id=org.row.pk, state=Connection.State.OFF)
    org.server.close()


def tokens(reference: str) -> Decimal:
    grants = Grant.objects.filter(account=Account.objects.get(reference=reference))
    return sum((grant.remaining for grant in grants), Decimal(0))


class TestAWonOpportunity:
    def test_is_an_order_once_though_the_session_ends_and_the_place_is_forgotten(self, org: Org) -> None:
        org.server.calls.finder.page = 2
        sold = {}
        for _ in range(5):
            acme, reference = org.account()
            deal = org.books.opportunity(acme)
            org.books.line(deal, org.pack, Quantity=2.0)
            sold[deal.id] = reference
        org.books.pass_by(minutes=1)
        org.server.failing = [(3, "expired"), (4, "locator"), (2, "expired")]
        for _ in range(3):
            org.sync()

        assert org.server.failing == []
        assert org.orders() == dict.fromkeys(sold, "active")
        assert [tokens(each) for each in sold.values()] == [2000] * 5
        assert org.states() == {"applied"}

    def test_is_changed_cancelled_deleted_and_brought_back(self, org: Org) -> None:
        acme, reference = org.account()
        deal = org.books.opportunity(acme)
        first, second = org.books.line(deal, org.pack), org.books.line(deal, org.pack)
        seen = []
        for act in (
            lambda: None,
            lambda: org.books.delete(second),
            lambda: org.books.write(deal, {"StageName": "Closed Lost"}),
            lambda: org.books.write(deal, {"StageName": "Closed Won"}),
            lambda: org.books.delete(deal),
            lambda: org.books.undelete(deal),
        ):
            act()
            org.sync()
            seen.append((org.orders(), tokens(reference)))

        states = ["active", "active", "cancelled", "active", "cancelled", "active"]
        assert [found for found, _ in seen] == [{deal.id: state} for state in states]
        assert [left for _, left in seen] == [2000, 1000, 0, 1000, 0, 1000]
        assert not first.is_deleted
        assert org.states() == {"applied"}

    def test_belongs_to_the_account_of_one_that_was_merged(self, org: Org) -> None:
        acme, reference = org.account()
        deal = org.books.opportunity(acme)
        org.sync()
        org.books.merge(org.books.account("Master"), acme)
        org.books.write(deal, {"StageName": "Closed Won"})
        org.books.line(deal, org.pack)
        org.sync()

        assert (org.orders(), tokens(reference)) == ({deal.id: "active"}, 1000)
        assert "dead" not in org.states()


class TestAnAccount:
    def test_that_was_deleted_is_told_nothing_until_it_comes_back(self, org: Org) -> None:
        acme, _ = org.account()
        org.sync()
        org.books.delete(acme)
        org.sync()
        link = Link.objects.get(connection=org.row, external_id=acme.id)
        assert link.state == "gone"
        org.books.undelete(acme)
        org.sync()

        link.refresh_from_db()
        assert link.state == "linked"


class TestWhatIsTold:
    def test_arrives_once_though_the_session_ended_and_a_part_was_locked(self, org: Org) -> None:
        acme, reference = org.account()
        other, second = org.account()
        org.sync()
        org.books.locked.add(other.id)
        org.books.pass_by(hours=3)
        key = f"task:runs-out:{reference}"
        content = {"title": "Tokens run out", "evidence": "5 left.", "due_on": "2026-12-01"}
        for name in (reference, second):
            told = {"Tokendesk_Available__c": "5"}
            outgoing.put(org.row.pk, FIELDS, f"fields:{name}", name, told)
        outgoing.put(org.row.pk, TASK, key, reference, content)
        states = Outgoing.objects.filter(connection=org.row)
        for _ in range(2):
            states.filter(state="waiting").update(next_at=clock())
            syncing.send_due(CONNECTORS, 20)
        assert sorted(states.values_list("kind", "state")) == [
            ("fields", "sent"),
            ("fields", "waiting"),
            ("task", "sent"),
        ]
        org.books.locked.clear()
        states.filter(state="waiting").update(next_at=clock())
        syncing.send_due(CONNECTORS, 20)

        assert set(states.values_list("state", flat=True)) == {"sent"}
        assert [each.values["Tokendesk_Available__c"] for each in (acme, other)] == ["5", "5"]
        (task,) = org.books.tables[TASKS].values()
        assert task.values["Tokendesk_Key__c"] == f"{org.row.code}:{key}"
