"""The whole way of a quotation in a real browser: estimated, written, approved by another, sent, accepted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from billing.models import Quotation
from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations.quoted import a_limit, a_promotion
from usage.tests.made import DAY, Shop, a_grant, clock, named
from wallets.models import Currency

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]


@pytest.fixture
def colleague(browser: Browser) -> Iterator[Browser]:
    found = Browser(browser.base, User.objects.create_superuser(f"colleague-{uuid4().hex[:8]}"))
    yield found
    found.quit()


class TestWay:
    @pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
    def test_of_a_quotation(self, browser: Browser, colleague: Browser, theme: str, width: int) -> None:
        shop = Shop(since=clock() - 100 * DAY)
        acme = shop.an_account(clock() - 60 * DAY, name="Acme Ltd")
        a_grant(acme, "1000", now=clock() - 60 * DAY)
        shop.debit(acme, "310", "40", features=(shop.chat, shop.image), now=clock() - 5 * DAY)
        Currency.objects.get_or_create(code="CHF", defaults={"reporting_rate": 1})
        unit = {"currency": "CHF"}
        an_offer("12", name="Small pack", code=named("S-PACK"), tokens=[bought("100")], **unit)
        plan = an_offer(
            "25",
            name="Team",
            code=named("TEAM"),
            kind="plan",
            period="month",
            tokens=[monthly("300")],
            **unit,
        )
        promotion = a_promotion("share", "10", sku=plan.code, is_automatic=True)
        seller, manager = Person(browser, theme, width), Person(colleague, theme, width)
        a_limit("5", seller=User.objects.get(username__startswith="looker-"))
        self.theme = f"{theme}-{width}"

        browser.open(f"/admin/billing/quotation/to/{acme.pk}/estimate/?currency=CHF")
        seller.sees("350")
        self.keep(browser, "1-estimate")
        seller.press("Quote these lines")
        browser.run("document.querySelector('[name=lines-0-share]').value = '20'")
        seller.fill(note="As we said on the telephone.")
        time.sleep(1.5)
        self.keep(browser, "2-form")
        browser.run("document.querySelector('[data-totals]').scrollIntoView()")
        self.keep(browser, "3-totals")
        seller.press("Save the draft")
        self.keep(browser, "4-draft")
        seller.press("Ask for approval")
        self.keep(browser, "5-ask")
        seller.press("Ask for approval")
        self.approves(manager, acme.pk)
        quotation = Quotation.objects.get(account=acme)
        browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        seller.press("Send …")
        self.keep(browser, "8-send")
        seller.press("Send it")
        browser.open(f"/admin/billing/quotation/{quotation.pk}/paper/")
        self.keep(browser, "9-paper")
        browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        seller.press("Accepted …")
        seller.fill(answered_by="Ada Buyer", reference="PO-7")
        self.keep(browser, "10-accept")
        seller.press("Accept: place the order")
        self.keep(browser, "11-accepted")
        browser.open("/admin/billing/quotation/")
        self.keep(browser, "12-list")
        browser.open("/admin/billing/promotion/")
        self.keep(browser, "13-promotions")

        assert len(given_to(acme)) == 2
        assert promotion.uses.count() == 1
        assert browser.complaints() == []

    def approves(self, manager: Person, account: object) -> None:
        manager.browser.open("/admin/billing/quotation/?state=review")
        self.keep(manager.browser, "6-waiting")
        quotation = Quotation.objects.get(account=account)
        manager.browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        manager.press("Decide …")
        self.keep(manager.browser, "7-decide")
        manager.press("Approve")
        manager.sees("It is approved")

    def keep(self, browser: Browser, name: str) -> None:
        """What is seen fits the window."""
        browser.keep(f"quotation-{self.theme}-{name}")
        assert browser.overflow() == 0, name
