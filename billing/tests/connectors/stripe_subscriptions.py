"""What is sold at the stand-in by the period."""

from __future__ import annotations

from copy import deepcopy

from billing.tests.connectors.stripe_books import DAY
from billing.tests.connectors.stripe_invoices import NO_TERMS, Invoices, Terms, Wanted
from billing.tests.connectors.stripe_protocol import Tree


class Subscriptions(Invoices):
    """Subscriptions, each with the events that Stripe sends of it."""

    def subscribe(self, customer: Tree, wanted: Wanted, terms: Terms = NO_TERMS, pays: bool = True) -> Tree:
        """A subscription with its first invoice. pays: the invoice is paid, and it is active."""
        subscription = self.keep(
            "subscriptions",
            "sub",
            "subscription",
            customer=customer["id"],
            currency=wanted[0][0]["currency"],
            status="incomplete",
            cancel_at_period_end=False,
            canceled_at=None,
            ended_at=None,
            collection_method="charge_automatically",
            metadata={},
            livemode=False,
            latest_invoice=None,
        )
        self.put_items(subscription, [pair for pair in wanted if pair[0]["recurring"]])
        invoice = self.invoice(customer, wanted, terms, subscription)
        subscription["latest_invoice"] = invoice["id"]
        self.tell("customer.subscription.created", subscription)
        if pays:
            self.pay(invoice)
            self.change(subscription, "customer.subscription.updated", status="active")
        return subscription

    def put_items(self, subscription: Tree, wanted: Wanted) -> None:
        """What a subscription is of; an item whose price or quantity changes keeps its name."""
        known = self.tables[f"subscription_items of {subscription['id']}"]
        while len(known) > len(wanted):
            known.pop()
        for place, (price, quantity) in enumerate(wanted):
            if place == len(known):
                item = self.keep(
                    "subscription_items",
                    "si",
                    "subscription_item",
                    subscription=subscription["id"],
                    metadata={},
                )
                known.append(item)
            known[place] |= {
                "price": deepcopy(price),
                "quantity": None if price["recurring"]["usage_type"] == "metered" else quantity,
                "current_period_start": self.now(),
                "current_period_end": self.now() + 30 * DAY,
            }
        url = f"/v1/subscription_items?subscription={subscription['id']}"
        data = deepcopy(known[:10])
        subscription["items"] = {"object": "list", "url": url, "has_more": len(known) > 10, "data": data}

    def renew(self, subscription: Tree, terms: Terms = NO_TERMS, pays: bool = True) -> Tree:
        """The invoice of the next period."""
        customer = self.by_name[subscription["customer"]]
        items = self.tables[f"subscription_items of {subscription['id']}"]
        wanted = [(each["price"], each["quantity"] or 0) for each in items]
        invoice = self.invoice(customer, wanted, terms, subscription)
        subscription["latest_invoice"] = invoice["id"]
        if pays:
            self.pay(invoice)
        else:
            self.change(subscription, "customer.subscription.updated", status="past_due")
        return invoice

    def resize(self, subscription: Tree, wanted: Wanted) -> Tree:
        """Another price or quantity from now."""
        before = deepcopy(subscription["items"])
        self.put_items(subscription, wanted)
        return self.tell("customer.subscription.updated", subscription, {"items": before})

    def cancel(self, subscription: Tree) -> Tree:
        subscription |= {"status": "canceled", "canceled_at": self.now(), "ended_at": self.now()}
        return self.tell("customer.subscription.deleted", subscription)
