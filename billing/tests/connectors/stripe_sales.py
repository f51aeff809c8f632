"""What is sold at the stand-in by Checkout, and money that goes back."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from billing.tests.connectors.stripe_invoices import NO_TERMS, Terms, Wanted, taxed
from billing.tests.connectors.stripe_protocol import Tree, invalid
from billing.tests.connectors.stripe_subscriptions import Subscriptions


class Sales(Subscriptions):
    """Checkout, refunds and disputes, each with the events that Stripe sends of it."""

    # Checkout.

    def checkout(
        self,
        wanted: Wanted,
        customer: Tree | None = None,
        terms: Terms = NO_TERMS,
        **fields: Any,
    ) -> Tree:
        """An open session. Its mode is that of its prices; fields: as `client_reference_id`."""
        lines = [self._item(price, quantity, terms) for price, quantity in wanted]
        mode = "subscription" if any(price["recurring"] for price, _ in wanted) else "payment"
        usual: Tree = {
            "mode": mode,
            "client_reference_id": None,
            "metadata": {},
            "invoice": None,
            "invoice_creation": {"enabled": False} if mode == "payment" else None,
        }
        session = self.keep(
            "checkout/sessions",
            "cs_test",
            "checkout.session",
            status="open",
            payment_status="unpaid",
            customer=customer["id"] if customer else None,
            currency=wanted[0][0]["currency"],
            amount_subtotal=sum(line["amount_subtotal"] for line in lines),
            amount_total=sum(line["amount_total"] for line in lines),
            payment_intent=None,
            subscription=None,
            livemode=False,
            **usual | fields,
        )
        self.tables[f"checkout/sessions/{session['id']}/line_items"] = lines
        return session

    def _item(self, price: Tree, quantity: int, terms: Terms) -> Tree:
        subtotal = price["unit_amount"] * quantity
        discount = subtotal * terms.discount // 100
        tax, total = taxed(subtotal - discount, price, terms)
        row = self.keep(
            "items",
            "li",
            "item",
            price=deepcopy(price),
            quantity=quantity,
            currency=price["currency"],
            description=self.by_name[price["product"]]["name"],
            amount_subtotal=subtotal,
            amount_discount=discount,
            amount_tax=tax,
            amount_total=total,
            metadata={},
        )
        del row["created"]
        return row

    def buy(self, session: Tree, pays_later: bool = False) -> Tree:
        """A customer completes a session. pays_later: by a way of which the outcome is known days after."""
        session["status"], invoice = "complete", None
        lines = self.tables[f"checkout/sessions/{session['id']}/line_items"]
        wanted = [(line["price"], line["quantity"]) for line in lines]
        if session["mode"] == "subscription":
            subscription = self.subscribe(self.by_name[session["customer"]], wanted)
            session |= {"subscription": subscription["id"], "invoice": subscription["latest_invoice"]}
        elif session["invoice_creation"]["enabled"]:
            invoice = self.invoice(self.by_name[session["customer"]], wanted)
            self.pay(invoice)
            session["payment_intent"] = self.charge_of(invoice)["payment_intent"]
        elif session["amount_total"]:
            intent = self.payment(session["amount_total"], session["currency"], session["customer"])
            session["payment_intent"] = intent["id"]
        session["payment_status"] = "unpaid" if pays_later else "paid"
        if not session["amount_total"]:
            session["payment_status"] = "no_payment_required"
        self.tell("checkout.session.completed", session)
        if invoice:
            session["invoice"] = invoice["id"]
        return session

    def arrives(self, session: Tree) -> Tree:
        """The money of one who paid later."""
        session["payment_status"] = "paid"
        return self.tell("checkout.session.async_payment_succeeded", session)

    # Money that goes back.

    def refund(self, charge: Tree, amount: int | None = None, status: str = "succeeded") -> Tree:
        """Give back a charge, by default all that is left of it."""
        given = charge["amount"] - charge["amount_refunded"] if amount is None else amount
        if not 0 < given <= charge["amount"] - charge["amount_refunded"]:
            raise invalid(f"Refund amount ({given}) is greater than unrefunded amount on charge", "amount")
        refund = self.keep(
            "refunds",
            "re",
            "refund",
            amount=given,
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            currency=charge["currency"],
            status=status,
            reason="requested_by_customer",
            metadata={},
        )
        self._count(charge, given)
        self.tell("charge.refunded", charge)
        self.tell("refund.created", refund)
        return refund

    def credit(
        self, invoice: Tree, credited: Sequence[tuple[Tree | None, int]], refund: Tree | None = None
    ) -> Tree:
        """A credit note of a paid invoice: amounts of its lines without tax, or of no line. refund: else a new one."""
        lines = [self._credited(line, amount) for line, amount in credited]
        total = sum(line["amount"] + sum(tax["amount"] for tax in line["taxes"] or ()) for line in lines)
        refund = refund or self.refund(self.charge_of(invoice), total)
        invoice["post_payment_credit_notes_amount"] += total
        note = self.keep(
            "credit_notes",
            "cn",
            "credit_note",
            invoice=invoice["id"],
            customer=invoice["customer"],
            currency=invoice["currency"],
            status="issued",
            type="post_payment",
            amount=total,
            total=total,
            refunds=[{"refund": refund["id"], "amount_refunded": refund["amount"], "type": "refund"}],
            metadata={},
            livemode=False,
        )
        self.tables[f"credit_notes/{note['id']}/lines"] = lines
        url = f"/v1/credit_notes/{note['id']}/lines"
        note["lines"] = {"object": "list", "url": url, "has_more": len(lines) > 10, "data": lines[:10]}
        self.tell("credit_note.created", note)
        return note

    def _credited(self, line: Tree | None, amount: int) -> Tree:
        """With the share of its line's tax, which is put upon it."""
        taxes = [
            {"amount": tax["amount"] * amount // line["amount"], "tax_behavior": tax["tax_behavior"]}
            for tax in (line["taxes"] if line else ())
        ]
        row = self.keep(
            "credit_note_lines",
            "cnli",
            "credit_note_line_item",
            type="invoice_line_item" if line else "custom_line_item",
            invoice_line_item=line["id"] if line else None,
            amount=amount,
            discount_amount=0,
            discount_amounts=[],
            taxes=taxes,
            quantity=1,
            livemode=False,
        )
        del row["created"]
        return row

    def refund_fails(self, refund: Tree) -> Tree:
        """The bank sends the money back."""
        self._count(self.by_name[refund["charge"]], -refund["amount"])
        return self.change(refund, "refund.failed", status="failed")

    def _count(self, charge: Tree, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]

    def dispute(self, charge: Tree, amount: int | None = None, status: str = "needs_response") -> Tree:
        """The bank takes a charge back."""
        dispute = self.keep(
            "disputes",
            "dp",
            "dispute",
            amount=charge["amount"] if amount is None else amount,
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            currency=charge["currency"],
            status=status,
            reason="fraudulent",
            metadata={},
            livemode=False,
            is_charge_refundable=False,
        )
        charge["disputed"] = True
        self.tell("charge.dispute.created", dispute)
        return dispute

    def close_dispute(self, dispute: Tree, status: str) -> Tree:
        """status: won or lost."""
        return self.change(dispute, "charge.dispute.closed", status=status)
