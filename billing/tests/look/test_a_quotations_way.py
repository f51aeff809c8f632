"""The whole way of a quotation in a real browser: estimated, written, approved by another, sent, accepted."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User

from billing.models import Offer, Promotion, Quotation
from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from billing.tests.orders.sold import an_offer, bought, given_to, monthly
from billing.tests.quotations.quoted import a_limit, a_promotion
from usage.tests.made import DAY, Shop, a_grant, clock, named
from wallets.models import Account, Currency

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class There:
    acme: Account
    promotion: Promotion


def a_customer_and_a_shelf() -> There:
    shop = Shop(since=clock() - 100 * DAY)
    acme = shop.an_account(clock() - 60 * DAY, name="Acme Ltd")
    a_grant(acme, "1000", now=clock() - 60 * DAY)
    shop.debit(acme, "310", "40", features=(shop.chat, shop.image), now=clock() - 5 * DAY)
    Currency.objects.get_or_create(code="CHF", defaults={"reporting_rate": 1})
    Offer.objects.filter(currency="CHF").update(is_sold=False)
    pack = {"code": named("S-PACK"), "tokens": [bought("100")], "currency": "CHF"}
    an_offer("12", name="Small pack", **pack)
    plan = {"code": named("TEAM"), "kind": "plan", "period": "month", "tokens": [monthly("300")]}
    team = an_offer("25", name="Team", currency="CHF", **plan)
    a_limit("5", seller=User.objects.filter(username__startswith="looker-").latest("pk"))
    return There(acme, a_promotion("share", "10", sku=team.code, is_automatic=True))


class TestWay:
    @pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
    def test_of_a_quotation(self, browser: Browser, colleague: Browser, theme: str, width: int) -> None:
        browser.open("/admin/")
        there = a_customer_and_a_shelf()
        seller, manager = Person(browser, theme, width), Person(colleague, theme, width)
        self.dress = f"{theme}-{width}"
        self.estimates_and_writes(seller, there)
        quotation = Quotation.objects.get(account=there.acme)
        self.asks_and_is_approved(seller, manager, quotation)
        self.sends_and_is_accepted(seller, quotation)

        assert len(given_to(there.acme)) == 2
        assert there.promotion.uses.count() == 1
        assert browser.complaints() == []

    def estimates_and_writes(self, seller: Person, there: There) -> None:
        seller.browser.open(f"/admin/billing/quotation/to/{there.acme.pk}/estimate/?currency=CHF")
        seller.sees("350")
        self.keep(seller.browser, "01-estimate")
        seller.press("Quote these lines")
        seller.browser.run("document.querySelector('[name=lines-0-share]').value = '20'")
        seller.fill(note="As we said on the telephone.")
        time.sleep(1.5)
        assert seller.browser.find("[data-total]").text == "30.00 CHF"
        self.keep(seller.browser, "02-form")
        seller.browser.run("document.querySelector('[data-totals]').scrollIntoView()")
        self.keep(seller.browser, "03-totals")
        seller.press("Save the draft")
        self.keep(seller.browser, "04-draft")

    def asks_and_is_approved(self, seller: Person, manager: Person, quotation: Quotation) -> None:
        seller.press("Ask for approval")
        self.keep(seller.browser, "05-ask")
        seller.press("Ask for approval")
        manager.browser.open("/admin/billing/quotation/?state=review")
        self.keep(manager.browser, "06-waiting")
        manager.browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        manager.press("Decide …")
        self.keep(manager.browser, "07-decide")
        manager.press("Approve")
        manager.sees("It is approved")

    def sends_and_is_accepted(self, seller: Person, quotation: Quotation) -> None:
        seller.browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        seller.press("Send …")
        self.keep(seller.browser, "08-send")
        seller.press("Send it")
        seller.browser.open(f"/admin/billing/quotation/{quotation.pk}/paper/")
        self.keep(seller.browser, "09-paper")
        seller.browser.open(f"/admin/billing/quotation/{quotation.pk}/change/")
        seller.press("Accepted …")
        seller.fill(answered_by="Ada Buyer", reference="PO-7")
        self.keep(seller.browser, "10-accept")
        seller.press("Accept: place the order")
        self.keep(seller.browser, "11-accepted")
        for place, desk in enumerate(("quotation", "promotion", "promotion/add", "discountrule/add"), 12):
            seller.browser.open(f"/admin/billing/{desk}/")
            self.keep(seller.browser, f"{place}-{desk.replace('/', '-')}")

    def keep(self, browser: Browser, name: str) -> None:
        """What is seen fits the window."""
        browser.keep(f"quotation-{self.dress}-{name}")
        assert browser.overflow() == 0, name
