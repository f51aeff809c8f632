"""HubSpot through the whole frame: fetched or called in, applied, and told, each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Connection, Handling, Order, Outgoing, Received
from billing.queries.orders import present_version
from billing.rules.connecting import FIELDS, TASK, Incoming
from billing.services import applying, connection_secrets, connections, outgoing, receiving, syncing
from billing.services.connections import ConnectionWish
from billing.tests.connectors.hubspot_books import COMPANIES, DEALS, TASKS, Thing
from billing.tests.connectors.hubspot_server import CALLED, HubSpotServer, body_of, event
from billing.tests.connectors.hubspot_told import HUBSPOT
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import clock, named
from wallets.models import Account, Grant

pytestmark = pytest.mark.committed
CONNECTORS = {"hubspot": HUBSPOT}


class Hub:
    """A connection that is on, with its refresh token alone."""

    def __init__(self) -> None:
        self.server = HubSpotServer()
        self.books = self.server.books
        self.books.begin(clock())
        self.pack = an_offer("100", tokens=[bought("1000")]).code
        settings = {
            "address": self.server.url,
            "client_id": self.server.client_id,
            "deals_since": (clock() - timedelta(days=30)).date().isoformat(),
        }
        self.row = connections.make(
            code=named("hub"), kind="hubspot", known=HUBSPOT.settings, wish=ConnectionWish("Hub", settings)
        )
        secrets = {"client_secret": self.server.client_secret, "refresh_token": self.server.refresh_token}
        for name, text in secrets.items():
            connection_secrets.put_secret(connection_id=self.row.pk, name=name, text=text)
        connections.set_state(connection_id=self.row.pk, state=Connection.State.ON)

    def company(self) -> tuple[Thing, str]:
        """A company, and the account that it names."""
        reference = named("hubbed")
        return self.books.company(tokendesk_account=reference), reference

    def sync(self) -> None:
        """Fetch all that changed and apply it, a moment later."""
        self.row.cursors.update(due_at=clock())
        syncing.pull_due(CONNECTORS, 20)
        applying.work_due(CONNECTORS, 20)
        self.books.now = clock()

    def states(self) -> set[str]:
        return set(Handling.objects.filter(connection=self.row).values_list("state", flat=True))

    def orders(self) -> dict[str, str]:
        """The state of each order, by the deal that it was placed for."""
        found = {}
        for order in Order.objects.filter(external_id__startswith=f"{self.row.code}:"):
            version = present_version(order)
            assert version is not None
            found[order.external_id.partition(":")[2]] = version.state
        return found


@pytest.fixture
def hub(committed_database: None, settings: Any) -> Iterator[Hub]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    hub = Hub()
    yield hub
    connections.set_state(connection_id=hub.row.pk, state=Connection.State.OFF)
    hub.server.close()


def tokens(reference: str) -> Decimal:
    grants = Grant.objects.filter(account=Account.objects.get(reference=reference))
    return sum((grant.remaining for grant in grants), Decimal(0))


class TestAWonDeal:
    def test_is_an_order_once_and_cancelled_when_it_is_lost(self, hub: Hub) -> None:
        acme, reference = hub.company()
        deal = hub.books.deal(acme)
        hub.books.line(deal, hub.pack, quantity="2")
        hub.server.failing = [(4, "expired")]
        hub.sync()
        hub.sync()

        assert (hub.orders(), tokens(reference)) == ({deal.id: "active"}, 2000)

        hub.books.write(DEALS, deal, {"dealstage": "closedlost"})
        hub.sync()

        assert (hub.orders(), tokens(reference)) == ({deal.id: "cancelled"}, 0)
        assert hub.states() == {"applied"}

    def test_goes_on_in_the_deal_that_it_was_merged_into(self, hub: Hub) -> None:
        acme, reference = hub.company()
        won, late = hub.books.deal(acme), hub.books.deal(acme, "presentation")
        hub.books.line(won, hub.pack)
        hub.sync()
        merged = hub.books.merge(DEALS, late, won)
        hub.books.write(DEALS, merged, {"dealstage": "closedwon"})
        hub.row.cursors.filter(stream="deleted").update(position="")
        hub.sync()

        assert (hub.orders(), tokens(reference)) == ({won.id: "active"}, 1000)

        hub.books.write(DEALS, merged, {"dealstage": "closedlost"})
        hub.sync()

        assert (hub.orders(), tokens(reference)) == ({won.id: "cancelled"}, 0)
        assert hub.states() == {"applied"}

    def test_is_not_sold_again_by_an_old_record_of_what_was_merged(self, hub: Hub) -> None:
        acme, reference = hub.company()
        won, late = hub.books.deal(acme), hub.books.deal(acme, "presentation")
        hub.books.line(won, hub.pack)
        hub.row.cursors.update(due_at=clock())
        syncing.pull_due(CONNECTORS, 20)
        mine = Handling.objects.filter(connection=hub.row)
        waiting = mine.filter(received__external_id__startswith=f"deal:{won.id}:")
        waiting.update(next_at=clock() + timedelta(hours=1))
        hub.books.now = clock()
        merged = hub.books.merge(DEALS, won, late)
        hub.sync()
        waiting.update(next_at=clock())
        hub.sync()

        assert hub.orders() == {merged.id: "active"}
        assert tokens(reference) == 1000

    def test_that_was_two_that_were_won_is_for_a_person(self, hub: Hub) -> None:
        acme, reference = hub.company()
        deals = [hub.books.deal(acme), hub.books.deal(acme)]
        for deal in deals:
            hub.books.line(deal, hub.pack)
        hub.sync()
        hub.books.merge(DEALS, *deals)
        hub.sync()

        assert hub.orders() == dict.fromkeys((each.id for each in deals), "active")
        assert tokens(reference) == 2000
        (dead,) = Handling.objects.filter(connection=hub.row, state="dead")
        assert "each was sold before" in dead.reason

    def test_belongs_to_the_account_of_a_company_that_was_merged(self, hub: Hub) -> None:
        first, reference = hub.company()
        second = hub.books.company("Newer")
        hub.sync()
        merged = hub.books.merge(COMPANIES, hub.books.company("Third"), first)
        merged = hub.books.merge(COMPANIES, merged, hub.books.company("Fourth"))
        deal = hub.books.deal(merged)
        hub.books.line(deal, hub.pack)
        hub.sync()

        assert tokens(reference) == 1000
        assert second.id != merged.id


class TestACall:
    def test_is_applied_once_whichever_way_it_came(self, hub: Hub) -> None:
        acme, reference = hub.company()
        deal = hub.books.deal(acme)
        hub.books.line(deal, hub.pack)
        hub.row.cursors.update(due_at=clock() + timedelta(hours=1))
        connection_secrets.put_secret(connection_id=hub.row.pk, name="access_token", text=hub.server.token())
        for attempt in range(3):
            told = [event("company.creation", acme.id), event("deal.creation", deal.id)]
            body = body_of([each | {"attemptNumber": attempt} for each in told])
            call = Incoming(hub.server.signed(body, clock()), body, clock(), CALLED)
            receiving.receive(hub.row.code, call, CONNECTORS)
        applying.work_due(CONNECTORS, 20)

        assert Received.objects.filter(connection=hub.row).count() == 1
        assert (hub.orders(), tokens(reference)) == ({deal.id: "active"}, 1000)

        hub.sync()

        assert (hub.orders(), tokens(reference)) == ({deal.id: "active"}, 1000)
        assert hub.states() == {"applied"}


class TestWhatIsTold:
    def test_arrives_once_though_the_token_ran_out(self, hub: Hub) -> None:
        acme, reference = hub.company()
        hub.sync()
        hub.books.pass_by(hours=2)
        key = f"task:runs-out:{reference}"
        content = {"title": "Tokens run out", "evidence": "5 left.", "due_on": "2026-12-01"}
        outgoing.put(hub.row.pk, FIELDS, f"fields:{reference}", reference, {"tokendesk_available": "5"})
        outgoing.put(hub.row.pk, TASK, key, reference, content)
        for _ in range(2):
            Outgoing.objects.filter(connection=hub.row, state="waiting").update(next_at=clock())
            syncing.send_due(CONNECTORS, 20)

        assert set(Outgoing.objects.filter(connection=hub.row).values_list("state", flat=True)) == {"sent"}
        assert acme.properties["tokendesk_available"] == "5"
        (task,) = hub.books.things[TASKS].values()
        assert task.properties["tokendesk_key"] == f"{hub.row.code}:{key}"
