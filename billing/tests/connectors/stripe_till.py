"""A connection to a Stripe of the tests' own, to be compared with what is sold there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from billing.models import Connection, Gap
from billing.services import applying, comparing, connection_secrets, connections, receiving
from billing.services.connections import ConnectionWish
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE, incoming
from billing.tests.orders.sold import an_offer, bought
from usage.queries.moments import database_clock
from usage.tests.made import an_account, named

CONNECTORS = {"stripe": STRIPE}


class Till:
    """A connection to Stripe, an account that buys there, and a pack of 1,000 tokens for 10 USD."""

    def __init__(self, server: StripeServer) -> None:
        self.server, self.books = server, server.books
        self.books.later(-5)  # what is sold this very second is asked for in the next
        self.row = connections.make(
            code=named("till"),
            kind="stripe",
            known=STRIPE.settings,
            wish=ConnectionWish("Till", {"address": server.url}),
        )
        for name, text in (("secret_key", server.key), ("signing_secret", server.signing_secret)):
            connection_secrets.put_secret(connection_id=self.row.pk, name=name, text=text)
        self.row = connections.set_state(connection_id=self.row.pk, state=Connection.State.ON)
        self.buyer = an_account().reference
        self.customer = self.books.customer("Acme Ltd", {"account": self.buyer})
        self.pack = self.price(an_offer("10", tokens=[bought("1000")]).code)
        self.told: set[str] = set()

    def price(self, sku: str, cents: int = 1000, recurring: str = "") -> Tree:
        product = self.books.product(metadata={"sku": sku})
        return self.books.price(product, cents, recurring=recurring)

    def sells(self, quantity: int = 1) -> Tree:
        return self.books.buy(self.books.checkout([(self.pack, quantity)], self.customer))

    def tells(self) -> None:
        """Let all that happened since be told and applied."""
        for event in reversed(self.books.events()):
            if event["id"] not in self.told:
                self.told.add(event["id"])
                receiving.receive(self.row.code, incoming(self.server, event), CONNECTORS)
        while applying.work_due(CONNECTORS, 20):
            pass  # however slow the machine is

    def compared(self) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
        today = database_clock().date()
        comparing.compare(CONNECTORS, today - timedelta(days=1), today)
        rows = Gap.objects.open().filter(subject__startswith=f"{self.row.code} sale ").order_by("pk")
        return [(each.kind, each.subject.rpartition(" ")[2], each.ours, each.theirs) for each in rows]

    def said(self, sale: Tree) -> str:
        return Gap.objects.open().get(subject__endswith=sale["id"]).said
