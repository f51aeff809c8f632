"""The buyer's view in a real browser: both themes, at a desk and on a telephone; nothing is refused by its policy."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from urllib.parse import quote

import pytest

from billing.models import Alert, Contact, Offer
from billing.queries.job_estimates import priced_for
from billing.services import access_links, alerting, contacts
from billing.tests.buyers.visiting import a_contact, way_in
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from billing.tests.look.gallery import BY_SECRETS, OF_A_BUYER, OF_STRANGERS
from billing.tests.orders.sold import an_offer, bought
from pricing.queries.versions import rows_of
from pricing.services import drafting, publishing
from usage.models import Budget
from usage.services import reversing, rolling
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, a_reversal, clock, up_to
from usage.tests.services.test_budgets import a_budget
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]
HEIGHT = {1400: 1150, 390: 1500}


@pytest.fixture(scope="module")
def acme(browser: Browser) -> Account:
    """Something of everything."""
    now = clock()
    shop = Shop(since=now - 100 * DAY)
    account = shop.an_account(now - 90 * DAY, name="Acme Rockets Ltd", policy=up_to("500"))
    a_grant(account, "48000", kind="purchase", now=now - 80 * DAY)
    a_grant(account, "15000", now=now - 30 * DAY, expires_at=now + 12 * DAY)
    for day in range(30, 0, -1):
        at = now - day * DAY
        team = "research-and-development" if day % 3 else "support"
        subject = {"user": f"u-{day % 7:02}", "team": team}
        amounts = (str(300 + 37 * (day % 5)), str(11.5 * (day % 4) + 1))
        receipt = shop.debit(account, *amounts, features=(shop.chat, shop.image), subject=subject, now=at)
    reversing.reverse(a_reversal(receipt, "100.25"))
    a_budget(account, "12000", now=None, code="research", subject={"team": "research-and-development"})
    a_budget(account, "400", now=None, code="per-user", per="user")
    shop.debit(account, "390", subject={"user": "u-03", "team": "support"})
    draft = drafting.draft_from(version=shop.table.versions.get())
    rows = [replace(row, tokens=Decimal("1.25"), name="Chat") for row in rows_of(draft)]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    publishing.publish(version=draft, effective_from=now + 20 * DAY)
    contacts.allow(customer_id=account.pk, budget_most=Decimal(20000), packs_most=10, author=AUTHOR)
    an_offer("450", name="Five thousand tokens", tokens=[bought("5000", lasts_months=12)])
    an_offer("4000", name="Fifty thousand tokens", tokens=[bought("50000")])
    while rolling.roll(30):
        pass
    a_contact(account, "viewer", "very.long.address.of.somebody@department.example.com")
    return account


def places(account: Account, owner: Contact) -> dict[str, str]:
    """Every page below the account's, by a name for its picture."""
    budget = Budget.objects.get(account=account, code="per-user")
    person, now = Contact.objects.filter(customer=account).order_by("pk")[0], clock()
    alert, pack = Alert.objects.filter(contact=owner).latest("pk"), Offer.objects.latest("pk")
    chat, image = (quote(each.code) for each in priced_for(account, now)[:2])
    there = {"budget": budget.pk, "month": f"{now:%Y-%m}", "person": person.pk, "alert": alert.pk}
    there |= {"pack": pack.code, "chat": chat, "image": image}
    return {name: path.format(**there) for name, path in OF_A_BUYER.items()}


REFUSED = ("none", "stale", "refused")
"""Pages that say no: the browser tells its console of their status."""


def arrived_at(browser: Browser, path: str) -> None:
    """Wait until what was pressed has led there, five seconds at most."""
    for _ in range(50):
        if browser.run("return document.readyState + location.pathname") == f"complete{path}":
            return
        time.sleep(0.1)
    raise AssertionError(f"The browser did not come to {path}.")


class Looks:
    """What was wrong with the pages that somebody saw in one dress, by their names."""

    def __init__(self, browser: Browser, theme: str, width: int) -> None:
        metrics = {"width": width, "height": HEIGHT[width], "deviceScaleFactor": 1, "mobile": width < 600}
        browser.driver.command("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = [{"name": "prefers-color-scheme", "value": theme}]
        browser.driver.command("Emulation.setEmulatedMedia", features=scheme)
        self.browser, self.dress = browser, f"{theme}-{width}"
        self.wrong: dict[str, list[str]] = {}

    def at(self, address: str, name: str) -> None:
        self.browser.open(address)
        self.here(name)

    def here(self, name: str) -> None:
        self.browser.keep(f"my-{name}-{self.dress}")
        faults = [*self.browser.faults(), *self.browser.barriers()]
        told = [
            each for each in faults if name in REFUSED and "the server responded with a status of 40" in each
        ]
        if left := [each for each in faults if each not in told]:
            self.wrong[name] = left

    def enter(self, contact: Contact) -> None:
        self.at(way_in(contact), "enter")
        self.browser.find("button").click()
        arrived_at(self.browser, f"/my/{contact.customer_id}/")


class TestPages:
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("width", WIDTHS)
    def test_fit_their_window_and_complain_of_nothing(
        self, browser: Browser, acme: Account, theme: str, width: int
    ) -> None:
        looks, owner = Looks(browser, theme, width), a_contact(acme, "owner")
        alerting.choose(contact_id=owner.pk, kind="left", threshold=20, author=AUTHOR)
        link = access_links.make(customer_id=acme.pk, days=30, author=AUTHOR)

        looks.at(OF_STRANGERS["door"], "door")
        browser.find("[type=email]").type(owner.address)
        browser.find("button").click()
        time.sleep(0.5)
        looks.here("asked")
        looks.at(OF_STRANGERS["stale"], "stale")
        looks.at(BY_SECRETS["link"].format(secret=link.secret), "link")
        looks.enter(owner)
        for name, path in places(acme, owner).items():
            looks.at(f"/my/{acme.pk}/{path}", name)
        browser.find("form.ask button").click()
        time.sleep(0.5)
        looks.here("pack-confirm")

        assert looks.wrong == {}

    @pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
    def test_show_somebody_who_only_looks_no_more_than_that(
        self, browser: Browser, acme: Account, theme: str, width: int
    ) -> None:
        looks, viewer = Looks(browser, theme, width), a_contact(acme, "viewer")

        looks.enter(viewer)
        for name in ("", "budgets", "packs"):
            looks.at(f"/my/{acme.pk}/{name}{'/' * bool(name)}", f"viewer-{name or 'overview'}")
        looks.at(f"/my/{acme.pk}/people/", "refused")

        assert looks.wrong == {}


class TestTheDesk:
    @pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 390)])
    def test_fits_and_complains_of_nothing(
        self, browser: Browser, acme: Account, theme: str, width: int
    ) -> None:
        access_links.make(customer_id=acme.pk, days=30, author=AUTHOR)
        browser.open("/admin/")
        browser.dress(theme, width)
        desk = f"/admin/wallets/account/{acme.pk}/buyers/"
        person = Contact.objects.filter(customer=acme).earliest("pk")
        found = {}
        for name in ("", "invite/", "link/", "rule/", f"{person.pk}/change/", f"{person.pk}/erase/"):
            browser.open(f"{desk}{name}")
            browser.keep(f"desk-buyers-{name.rstrip('/').replace('/', '-') or 'all'}-{theme}-{width}")
            found[name] = [*browser.faults(), *browser.barriers()]

        assert {name: each for name, each in found.items() if each} == {}
