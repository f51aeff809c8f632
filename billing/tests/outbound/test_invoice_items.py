"""Lines of final invoices that are billed elsewhere: each once, whatever is finalised, credited and looked at again."""

from __future__ import annotations

import pytest

from billing.models import Invoice, Link, Outgoing
from billing.queries import documents
from billing.queries.invoice_items_shown import Elsewhere, elsewhere
from billing.rules.connecting import INVOICE_ITEM
from billing.services import charging, crediting
from billing.services.invoice_items import put_items
from billing.tests.invoiced import AUTUMN_BEGINS, SPRING, a_seller, a_spender, drafted, finalised
from billing.tests.outbound.plain import Plain, a_connection, linked
from billing.tests.outbound.vendor import Vendor
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_reversal

pytestmark = pytest.mark.django_db
CONNECTORS = {"plain": Plain()}
LATER = AUTUMN_BEGINS + DAY


def test_carries_each_line_and_credit_once_to_where_the_account_was_linked_first(vendor: Vendor) -> None:
    first, second = a_connection(vendor), a_connection(vendor)
    a_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    here, there = a_spender(shop), a_spender(shop)
    for account in (here, there):
        for row in (first, second):
            linked(row, account)
    Link.objects.filter(connection__in=(first, second)).update(created_at=SPRING)
    charging.choose_billing(customer_id=there.pk, billing="external")
    receipts = [shop.debit(account, "40", now=SPRING + DAY) for account in (here, there)]
    assert put_items(CONNECTORS, LATER) == 0

    invoices = [finalised(drafted(account)[0].pk) for account in (here, there)]
    assert (put_items(CONNECTORS, LATER), put_items(CONNECTORS, LATER)) == (1, 0)
    reversing.reverse(a_reversal(receipts[1], "10", now=LATER))
    crediting.credit_account(customer_id=there.pk, now=LATER)
    assert (put_items(CONNECTORS, LATER), put_items(CONNECTORS, LATER)) == (1, 0)

    Link.objects.filter(connection=first, about=there).update(state=Link.State.GONE)
    assert put_items(CONNECTORS, LATER) == 0

    rows = Outgoing.objects.filter(kind=INVOICE_ITEM).order_by("pk")
    told = [(each.connection_id, each.subject, each.content["amount"]) for each in rows]
    assert told == [(first.pk, there.reference, "0.5"), (first.pk, there.reference, "-0.13")]
    line = invoices[1].lines.get()
    assert rows[0].key == f"line:{line.pk}"
    assert rows[0].content == {
        "amount": "0.5",
        "currency": "USD",
        "description": line.description,
        "period": "2026-03",
        "document": invoices[1].number,
    }


def test_leaves_what_was_issued_before_the_account_was_linked(vendor: Vendor) -> None:
    row = a_connection(vendor)
    a_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    account = a_spender(shop)
    charging.choose_billing(customer_id=account.pk, billing="external")
    shop.debit(account, "40", now=SPRING + DAY)
    finalised(drafted(account)[0].pk)
    linked(row, account)

    assert put_items(CONNECTORS, LATER) == 0


def test_show_on_their_invoice_how_they_fare(vendor: Vendor) -> None:
    row = a_connection(vendor)
    a_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    account = a_spender(shop)
    linked(row, account)
    Link.objects.filter(connection=row).update(created_at=SPRING)
    receipt = shop.debit(account, "40", now=SPRING + DAY)
    (draft,) = drafted(account)
    assert shown(draft) is None
    invoice = finalised(draft.pk)
    line = invoice.lines.get()

    here = shown(invoice)
    assert here is not None
    assert (here.lines, here.is_meant) == ({}, False)

    charging.choose_billing(customer_id=account.pk, billing="external")
    coming = shown(invoice)
    put_items(CONNECTORS, LATER)
    reversing.reverse(a_reversal(receipt, "10", now=LATER))
    crediting.credit_account(customer_id=account.pk, now=LATER)
    put_items(CONNECTORS, LATER)
    Outgoing.objects.filter(key=f"line:{line.pk}").update(
        state="sent", external_id="ii_1", next_at=None, finished_at=LATER
    )
    there = shown(invoice)

    assert coming is not None
    assert coming.lines[line.pk].message is None
    assert (coming.rows, coming.arrived) == ([row], 0)
    assert there is not None
    message = there.lines[line.pk].message
    assert message is not None
    assert (message.external_id, there.arrived, there.is_meant) == ("ii_1", 1, True)
    (way,) = there.notes[invoice.credit_notes.get().number]
    assert way.message is not None
    assert (way.row, way.message.state) == (row, "waiting")


def shown(invoice: Invoice) -> Elsewhere | None:
    lines = documents.lines_of(invoice, documents.draft_of(invoice))
    return elsewhere(invoice, lines, list(invoice.credit_notes.all()), ["plain"], LATER)
