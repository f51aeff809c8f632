"""Papers as PDF, page by page, as the browser's viewer shows them."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image, ImageChops

from billing.services import crediting, invoicing
from billing.services.crediting import CreditOrder
from billing.services.invoicing import FixedLine
from billing.tests.buyers.visiting import page, signed_in
from billing.tests.invoiced import SPRING, a_spender, drafted, finalised
from billing.tests.invoiced import a_seller as the_seller
from billing.tests.look.browser import Browser
from billing.tests.orders.sold import an_offer, bought
from billing.tests.printed import pages_of
from billing.tests.quotations.quoted import a_draft, a_line, sent
from usage.tests.made import DAY, Shop, a_grant, clock, named
from usage.tests.rolled import roll_up

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]
A4 = {"width": 900, "height": 1260, "deviceScaleFactor": 1, "mobile": False}
PAPER, MARGIN, INK = 235, 0.03, 0.003
"""What is at least as bright is paper; the share of a page at each side where nothing is printed; the least ink."""


def papers() -> Mapping[str, bytes]:
    """An invoice and a credit note to it, a quotation, and the statement of this month."""
    the_seller()
    shop = Shop(since=SPRING - 40 * DAY)
    owing = a_spender(shop)
    for feature in (shop.chat, shop.image):
        shop.debit(owing, "123456.789", "1200", features=(feature, feature), now=SPRING + DAY)
    (draft,) = drafted(owing)
    for place in range(24):
        line = FixedLine(f"Work of the team, week {place + 1} of the year", Decimal(250))
        invoicing.add_line(invoice_id=draft.pk, line=line, by="fin")
    invoice = finalised(draft.pk)
    taken = {invoice.lines.filter(kind="fixed").earliest("pk").pk: Decimal(50)}
    note = crediting.credit_by_hand(
        order=CreditOrder(invoice.pk, taken, "It began late.", named("key")), by="fin"
    )
    offers = [an_offer("450", name="Five thousand tokens", tokens=[bought("5000")]) for _ in range(3)]
    quotation = sent(a_draft(shop.an_account(), *(a_line(each, "2") for each in offers)))
    desk = Client()
    desk.force_login(User.objects.create_superuser(named("printer")))
    files = {
        "invoice": f"invoice/{invoice.pk}",
        "credit-note": f"creditnote/{note.pk}",
        "quotation": f"quotation/{quotation.pk}",
    }
    found = {name: desk.get(f"/admin/billing/{path}/pdf/").content for name, path in files.items()}
    return {**found, "statement": _statement()}


def _statement() -> bytes:
    now = clock()
    shop = Shop(since=now - 60 * DAY)
    account = shop.an_account(now - 50 * DAY, name="Brightline Logistics")
    a_grant(account, "9000", kind="purchase", now=now - 45 * DAY)
    for day in range(40, 0, -1):
        shop.debit(account, str(20 + day % 9), "1.25", features=(shop.chat, shop.image), now=now - day * DAY)
    roll_up()
    return signed_in(account).get(page(account, f"statements/{now - 30 * DAY:%Y-%m}.pdf")).content


class TestPapers:
    def test_are_printed_within_their_edges(self, browser: Browser, tmp_path: Path) -> None:
        browser.driver.command("Emulation.setDeviceMetricsOverride", **A4)
        found = {}
        for name, file in papers().items():
            (tmp_path / f"{name}.pdf").write_bytes(file)
            for number in range(1, len(pages_of(file)) + 1):
                browser.driver.open("about:blank")
                browser.driver.open(f"file://{tmp_path}/{name}.pdf#toolbar=0&view=Fit&page={number}")
                time.sleep(1)
                browser.keep(f"paper-{name}-{number}")
                found[name, number] = _printed(browser.driver.picture())

        assert {name for name, _ in found} == {"invoice", "credit-note", "quotation", "statement"}
        assert ("invoice", 2) in found
        assert {each: told for each, told in found.items() if told != "within its edges"} == {}


def _printed(picture: bytes) -> str:
    """Where there is ink on the page that is seen."""
    seen = Image.open(io.BytesIO(picture)).convert("L")
    white = seen.point(lambda shade: 255 if shade == 255 else 0).getbbox()
    if white is None:
        return "no page"
    sheet = seen.crop(white)
    ink = sheet.point(lambda shade: 255 if shade < PAPER else 0)
    sides = (int(sheet.width * MARGIN), int(sheet.height * MARGIN))
    inner = ink.crop((sides[0], sides[1], sheet.width - sides[0], sheet.height - sides[1]))
    whole = Image.new("L", sheet.size)
    whole.paste(inner, sides)
    if ImageChops.difference(ink, whole).getbbox():
        return "beyond its edges"
    count = ink.histogram()[255]
    return "within its edges" if count > INK * sheet.width * sheet.height else "hardly anything"
