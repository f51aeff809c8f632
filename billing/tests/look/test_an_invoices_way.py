"""A month's overage on its way to the customer: looked at, finalised, printed, and credited in part."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import CreditNote, Invoice
from billing.services import invoicing
from billing.services.invoicing import FixedLine
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from billing.tests.look.person import Person
from usage.tests.made import DAY, Shop

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
