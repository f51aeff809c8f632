"""A CRM and a billing system on this machine, and the jobs that speak to them; all that a deal's way needs besides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from billing import tasks
from billing.connectors.registry import CONNECTORS
from billing.models import Connection, FigureLook, Offer, SyncCursor
from billing.services import connections, figures, invoice_items
from billing.tests import trying
from billing.tests.connectors.hubspot_books import COMPANIES, DEAL_COMPANY, DEALS, Thing
from billing.tests.connectors.hubspot_server import HubSpotServer
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.orders.sold import an_offer, bought, monthly
from usage.services import keys
from usage.tests.made import DAY, Shop, clock, named
from wallets.models import Account


@dataclass(frozen=True)
class Shelf:
    """A pilot of 50 tokens for nothing, a plan of 300 tokens a month with overage up to 500, a pack of 100."""

    pilot: Offer
    team: Offer
    pack: Offer


@dataclass
class Outside:
    """Both vendors, the product that charges, and the buyer in each of them.

    crm, till: how the connections are called, once a person has made them. company, customer: the buyer at HubSpot
    and at Stripe.
    """

    base: str
    shop: Shop
    shelf: Shelf
    hubspot: HubSpotServer
    stripe: StripeServer
    key: str
    reference: str = field(default_factory=lambda: named("brightline"))
    crm: str = field(default_factory=lambda: named("crm"))
    till: str = field(default_factory=lambda: named("till"))
    company: Thing = field(init=False)
    customer: Tree = field(init=False)

    @property
    def account(self) -> Account:
        return Account.objects.get(reference=self.reference)

    def connection(self, code: str) -> Connection:
        return Connection.objects.get(code=code)

    def asks(self, method: str, path: str, body: dict[str, object]) -> dict[str, Any]:
        """What the product's own call over HTTP is answered."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": named("once")}
        answer = httpx.request(
            method, f"{self.base}/api/v1{path}", json=body, headers=headers, trust_env=False, timeout=60
        )
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def uses(self, units: str) -> dict[str, Any]:
        items = [{"feature": self.shop.chat, "quantity": units}]
        return self.asks("POST", "/debits", {"account": self.reference, "items": items})

    def wins(self, offer: Offer, amount: str) -> Thing:
        """A seller wins a deal with the buyer."""
        deal = self.hubspot.books.deal(self.company, dealname=f"{offer.name} for {self.reference}")
        self.hubspot.books.line(deal, offer.code, amount)
        return deal

    def wins_without_primary(self, offer: Offer, amount: str) -> Thing:
        """As `wins`, but nobody said that the company is the deal's primary one."""
        deal = self.hubspot.books.deal(None, dealname=f"{offer.name} for {self.reference}")
        self.hubspot.books.associate(DEALS, deal.id, COMPANIES, self.company.id, DEAL_COMPANY)
        self.hubspot.books.line(deal, offer.code, amount)
        return deal

    def works(self) -> None:
        """Let the jobs do what they do within some minutes."""
        mine = SyncCursor.objects.filter(connection__code__in=[self.crm, self.till])
        mine.update(due_at=clock())
        tasks.fetch_from_connections()
        tasks.apply_received()
        FigureLook.objects.filter(account__reference=self.reference).update(due_at=clock())
        figures.note_changes(CONNECTORS)
        invoice_items.put_items(CONNECTORS)
        tasks.send_to_connections()
        self.hubspot.books.now = clock()

    def items(self) -> list[tuple[str, int, str, str]]:
        """What Stripe has to bill: the customer, whole cents, the currency, the number of our invoice."""
        rows = self.stripe.books.tables["invoiceitems"]
        return [
            (each["customer"], each["amount"], each["currency"], each["metadata"]["tokendesk_document"])
            for each in rows
        ]


@contextmanager
def outside(base: str) -> Iterator[Outside]:
    """Both vendors with the buyer in each; switched off here and gone afterwards."""
    shop, hubspot, stripe = Shop(since=clock() - 100 * DAY), HubSpotServer(), StripeServer()
    hubspot.books.begin(clock() - timedelta(minutes=1))
    scopes = ["debit", "read", "provision"]
    key = keys.create(product_code=shop.product.code, scopes=scopes).text
    found = Outside(base, shop, _a_shelf(), hubspot, stripe, key)
    found.company = hubspot.books.company(found.reference.title(), tokendesk_account=found.reference)
    found.customer = stripe.books.customer(found.reference.title(), {"account": found.reference})
    try:
        yield found
    finally:
        for row in Connection.objects.filter(code__in=[found.crm, found.till]):
            connections.set_state(connection_id=row.pk, state=Connection.State.OFF)
        hubspot.close()
        stripe.close()


def _a_shelf() -> Shelf:
    trial = trying.an_offer("50", once_per="account", days=14)
    policy = {"mode": "overage", "limit": "500", "steps": []}
    return Shelf(
        an_offer("0", code=named("PILOT"), name="Pilot", trial=trial),
        an_offer(
            "250",
            code=named("TEAM"),
            name="Team",
            kind="plan",
            period="month",
            tokens=[monthly("300")],
            policy=policy,
        ),
        an_offer("40", code=named("PACK"), name="Pack", tokens=[bought("100")]),
    )
