"""What is paid at the stand-in by invoice: once, or by a subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.tests.connectors.stripe_books import DAY, Books
from billing.tests.connectors.stripe_protocol import Tree

Wanted = Sequence[tuple[Tree, int]]


@dataclass(frozen=True)
class Terms:
    """What is taken off and put on, in per cent of a line, in whole smallest units rounded down."""

    discount: int = 0
    tax: int = 0


NO_TERMS = Terms()


class Invoices(Books):
    """Payments, invoices and subscriptions, each with the events that Stripe sends of it."""

    # Payments.

    def payment(self, amount: int, currency: str, customer: str | None) -> Tree:
        """A PaymentIntent that succeeded by one charge."""
        intent = self.keep(
            "payment_intents",
            "pi",
            "payment_intent",
            amount=amount,
            amount_received=amount,
            currency=currency,
            customer=customer,
            status="succeeded",
            metadata={},
            livemode=False,
        )
        charge = self.keep(
            "charges",
            "ch",
            "charge",
            amount=amount,
            amount_captured=amount,
            amount_refunded=0,
            captured=True,
            currency=currency,
            customer=customer,
            disputed=False,
            livemode=False,
            metadata={},
            paid=True,
            payment_intent=intent["id"],
            refunded=False,
            status="succeeded",
        )
        intent["latest_charge"] = charge["id"]
        return intent

    def charge_of(self, bought: Tree) -> Tree:
        """The charge of a session, or of an invoice."""
        intent = bought.get("payment_intent")
        if intent is None:
            intent = next(
                each["payment"]["payment_intent"]
                for each in self.tables["invoice_payments"]
                if each["invoice"] == bought["id"]
            )
        return self.by_name[self.by_name[intent]["latest_charge"]]

    # Invoices.

    def invoice(
        self,
        customer: Tree,
        wanted: Wanted,
        terms: Terms = NO_TERMS,
        subscription: Tree | None = None,
    ) -> Tree:
        """An open invoice; what is due once or by the period, on the customer's pending items too."""
        parent = None
        if subscription:
            details = {"subscription": subscription["id"], "metadata": {}}
            parent = {"type": "subscription_details", "subscription_details": details}
        invoice = self.keep(
            "invoices",
            "in",
            "invoice",
            customer=customer["id"],
            currency=wanted[0][0]["currency"],
            status="open",
            billing_reason="subscription_cycle" if subscription else "manual",
            parent=parent,
            metadata={},
            livemode=False,
            status_transitions={"paid_at": None, "voided_at": None},
            pre_payment_credit_notes_amount=0,
            post_payment_credit_notes_amount=0,
        )
        lines = [self._line(invoice, price, quantity, terms, subscription) for price, quantity in wanted]
        pending = [
            each
            for each in self.tables["invoiceitems"]
            if each["customer"] == customer["id"] and each["invoice"] is None
        ]
        lines += [self._line_of_item(invoice, each) for each in pending]
        invoice["total"] = sum(line["amount"] + _added(line) for line in lines)
        self.tables[f"invoices/{invoice['id']}/lines"] = lines
        url = f"/v1/invoices/{invoice['id']}/lines"
        invoice["lines"] = {"object": "list", "url": url, "has_more": len(lines) > 10, "data": lines[:10]}
        return invoice

    def _line(
        self, invoice: Tree, price: Tree, quantity: int, terms: Terms, subscription: Tree | None
    ) -> Tree:
        item = next(
            (i for i in subscription["items"]["data"] if i["price"]["id"] == price["id"])
            if subscription and price["recurring"]
            else iter(()),
            None,
        )
        amount = price["unit_amount"] * quantity
        discount = amount * terms.discount // 100
        tax, _ = taxed(amount - discount, price, terms)
        parent: Tree = {
            "type": "invoice_item_details",
            "invoice_item_details": {"invoice_item": "ii_of_a_person", "proration": False},
        }
        if item and subscription:
            about = {"subscription": subscription["id"], "subscription_item": item["id"], "proration": False}
            parent = {"type": "subscription_item_details", "subscription_item_details": about}
        return self._kept_line(
            invoice,
            price,
            amount=amount,
            quantity=quantity,
            parent=parent,
            discount_amounts=[{"amount": discount, "discount": "di_1"}] if discount else [],
            taxes=[{"amount": tax, "tax_behavior": price["tax_behavior"]}] if tax else [],
            metadata={},
        )

    def _line_of_item(self, invoice: Tree, item: Tree) -> Tree:
        item["invoice"] = invoice["id"]
        parent = {
            "type": "invoice_item_details",
            "invoice_item_details": {"invoice_item": item["id"], "proration": False},
        }
        return self._kept_line(
            invoice,
            None,
            amount=item["amount"],
            quantity=1,
            parent=parent,
            discount_amounts=[],
            taxes=[],
            metadata=item["metadata"],
        )

    def _kept_line(self, invoice: Tree, price: Tree | None, **fields: Any) -> Tree:
        pricing = None
        if price:
            details = {"price": price["id"], "product": price["product"]}
            pricing = {
                "type": "price_details",
                "price_details": details,
                "unit_amount_decimal": price["unit_amount_decimal"],
            }
        row = self.keep(
            "lines",
            "il",
            "line_item",
            invoice=invoice["id"],
            currency=invoice["currency"],
            pricing=pricing,
            period={"start": self.now(), "end": self.now() + 30 * DAY},
            livemode=False,
            subtotal=fields["amount"],
            **fields,
        )
        del row["created"]
        return row

    def pay(self, invoice: Tree) -> Tree:
        if invoice["total"]:
            intent = self.payment(invoice["total"], invoice["currency"], invoice["customer"])
            self.keep(
                "invoice_payments",
                "inpay",
                "invoice_payment",
                invoice=invoice["id"],
                amount_paid=invoice["total"],
                amount_requested=invoice["total"],
                currency=invoice["currency"],
                is_default=True,
                status="paid",
                livemode=False,
                payment={"type": "payment_intent", "payment_intent": intent["id"]},
            )
        invoice |= {"status": "paid", "amount_paid": invoice["total"]}
        invoice["status_transitions"]["paid_at"] = self.now()
        return self.tell("invoice.paid", invoice)


def taxed(amount: int, price: Mapping[str, Any], terms: Terms) -> tuple[int, int]:
    """The tax of a line after discounts, and what the line comes to with it."""
    if price["tax_behavior"] == "inclusive":
        return amount - amount * 100 // (100 + terms.tax), amount
    tax = amount * terms.tax // 100
    return tax, amount + tax


def _added(line: Mapping[str, Any]) -> int:
    """What is added to a line's amount: tax that is not in it, less what is taken off."""
    taxes = sum(tax["amount"] for tax in line["taxes"] if tax["tax_behavior"] == "exclusive")
    off = sum(each["amount"] for each in line["discount_amounts"])
    return int(taxes - off)
