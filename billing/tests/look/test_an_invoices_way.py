"""A month's overage on its way to the customer: looked at, finalised, printed, and credited in part."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from billing.connectors.registry import CONNECTORS
from billing.models import CreditNote, Invoice, Link
from billing.rules.connecting import INVOICE_ITEM, Customer, Sent
from billing.rules.deliveries import Answer
from billing.services import (
    charging,
    connections,
    invoice_items,
    invoicing,
    links,
    outgoing,
    outgoing_answers,
)
from billing.services.connections import ConnectionWish
from billing.services.invoicing import FixedLine
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from billing.tests.look.person import Person
from usage.tests.made import DAY, Shop, clock, named

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_is_gone_by_a_person(browser: Browser, theme: str, width: int) -> None:
    a_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    account = a_spender(shop)
    for feature in (shop.chat, shop.image):
        shop.debit(account, "123456.789", "1200", features=(feature, feature), now=SPRING + DAY)
    (draft,) = drafted(account)
    invoicing.add_line(invoice_id=draft.pk, line=FixedLine("Plan Team, March 2026", Decimal(250)), by="fin")
    person, page = Person(browser, theme, width), f"/admin/billing/invoice/{draft.pk}"

    def looks(name: str) -> None:
        browser.keep(f"invoice-{name}-{theme}-{width}")
        assert (browser.overflow(), browser.complaints()) == (0, [])

    browser.open("/admin/billing/invoice/?state__exact=draft")
    looks("list")
    browser.open(f"{page}/change/")
    looks("draft")
    person.press("Finalise …")
    looks("finalise")
    person.press("Finalise 3,366.42 USD")
    person.sees("is final")
    looks("final")
    _billed_elsewhere(draft.pk)
    browser.open(f"{page}/change/")
    person.sees("1 of 3 lines arrived")
    looks("elsewhere")
    browser.open(f"{page}/credit/")
    looks("credit")
    invoice = Invoice.objects.get(pk=draft.pk)
    person.fill(**{f"line_{invoice.lines.get(kind='fixed').pk}": "50", "reason": "It began late."})
    person.press("Issue the credit note")
    assert CreditNote.objects.get(invoice=invoice).total == 50
    looks("credited")
    browser.open(f"{page}/paper/")
    person.sees("3,366.42 USD")
    looks("paper")
    browser.open("/admin/billing/overagerate/add/")
    looks("rate")


def _billed_elsewhere(invoice_id: UUID) -> None:
    """Of its three lines one arrived at Stripe, one was refused and one waits. The connection is off."""
    invoice, known = Invoice.objects.get(pk=invoice_id), CONNECTORS["stripe"].settings
    wish = ConnectionWish("Stripe, Europe", {})
    till = connections.make(code=named("till"), kind="stripe", known=known, wish=wish)
    links.enrol(till, Customer("cus_Q7", invoice.customer.reference))
    Link.objects.filter(connection=till).update(created_at=SPRING)
    charging.choose_billing(customer_id=invoice.customer_id, billing="external")
    connections.set_state(connection_id=till.pk, state="on")
    invoice_items.put_items(CONNECTORS, clock())
    refused = Answer(402, "It answered 402: the customer is in another currency.", is_final=True)
    outgoing_answers.record(
        outgoing.claim(till.pk, INVOICE_ITEM, 2), [Sent(Answer(200), "ii_1SXq2eK9vRkLmNoP"), Sent(refused)]
    )
    connections.set_state(connection_id=till.pk, state="off")
