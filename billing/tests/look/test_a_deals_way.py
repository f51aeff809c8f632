"""A deal's way from a CRM to an item in a billing system in a real browser; figures worked out by hand.

A pilot gives 50 tokens, the plan that follows 300. The buyer uses 20 and then 410 units at 1 token each, which are
430 − 350 = 80 tokens of overage. At 0.3333 dollars each they cost 26.664, rounded to 26.66: 2,666 cents at Stripe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from billing.models import Handling, Invoice, Order, Outgoing, Trial
from billing.rules.months import end_of
from billing.services import auditing, invoicing
from billing.tests.connectors.hubspot_books import Thing
from billing.tests.invoiced import a_seller as who_sells
from billing.tests.look.browser import Browser
from billing.tests.look.outside import Outside, outside
from billing.tests.look.person import Person
from billing.tests.orders.sold import given_to
from billing.tests.quotations.quoted import a_seller
from usage.tests.made import HOUR, clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(900)]

SYNC = "/admin/billing/connection/"
CLOCKS = ("billing.services.invoicing.database_clock", "billing.queries.open_overage.database_clock")
"""What says whether a month is over."""
DRESSES = (("light", 1400), ("dark", 1400), ("light", 390), ("dark", 390))


@dataclass(frozen=True)
class Staff:
    """Who minds connections and who asks for money, each in a browser of their own and in one group."""

    support: Person
    finance: Person


@pytest.fixture
def staff(browser: Browser) -> Iterator[Staff]:
    windows = [Browser(browser.base, a_seller(group)) for group in ("Support", "Finance")]
    yield Staff(*(Person(each) for each in windows))
    for each in windows:
        each.quit()


@pytest.fixture
def world(browser: Browser, settings: Any) -> Iterator[Outside]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with outside(browser.base) as found:
        yield found


def looks(person: Person, name: str) -> None:
    """Keep what is seen in every dress; it fits each window."""
    for theme, width in DRESSES:
        person.browser.dress(theme, width)
        person.browser.driver.ask("POST", "refresh")
        person.keep(f"deal-{name}-{theme}-{width}")
    person.browser.dress(*DRESSES[0])
    person.browser.driver.ask("POST", "refresh")


class TestADeal:
    def test_becomes_a_trial_a_plan_and_what_is_billed(
        self, world: Outside, staff: Staff, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        support, finance = staff.support, staff.finance
        self.is_waited_for(support, world)
        pilot = self.is_a_trial(support, world)
        team = self.is_a_plan(support, world)
        self.runs_into_overage(support, world)
        self.is_given_a_price_of_overage(finance, world)
        self.is_billed_elsewhere(finance, world)
        over = end_of(clock().date()) + HOUR
        with monkeypatch.context() as months_end:
            for each in CLOCKS:
                months_end.setattr(each, lambda: over)
            invoice = self.is_invoiced(finance, world)
        self.is_billed_at_stripe(support, world, invoice)
        self.is_all_green(support, world)
        pack = self.is_broken_and_mended(support, world)
        self.is_refused_and_sent_again(support, world)
        self.is_all_green(support, world)

        orders = Order.objects.filter(account=world.account).values_list("external_id", flat=True)
        assert set(orders) == {f"{world.crm}:{deal.id}" for deal in (pilot, team, pack)}
        assert [grant.tokens for grant in given_to(world.account)] == [300, 100]
        assert auditing.run().is_clean
        assert support.browser.complaints() + finance.browser.complaints() == []

    def is_waited_for(self, support: Person, world: Outside) -> None:
        """Both connections are made, tried and let work by a person."""
        hubspot, stripe = world.hubspot, world.stripe
        since = f"{clock():%Y-%m-01}"
        said = {"client_id": hubspot.client_id, "deals_since": since, "address": hubspot.url}
        sealed = {"client_secret": hubspot.client_secret, "refresh_token": hubspot.refresh_token}
        self.is_connected(support, "HubSpot", world.crm, said | sealed)
        support.sees("It works. Connected to the HubSpot account 4711.")
        keys = {"secret_key": stripe.key, "signing_secret": stripe.signing_secret}
        self.is_connected(support, "Stripe", world.till, {"address": stripe.url} | keys)
        support.sees("It works. Connected to Stand-in (acct_1Standin).")
        for code in (world.crm, world.till):
            support.browser.open(f"{SYNC}{world.connection(code).pk}/change/")
            support.press("Let it work …")
            support.fill(reason="It was tried.")
            support.press("Let it work")
            support.sees("works from now on")

    def is_connected(self, support: Person, kind: str, code: str, said: dict[str, str]) -> None:
        support.browser.open("/admin/")
        support.press("Sync")
        support.press("Connect a system")
        support.press(f"Connect {kind}")
        support.fill(name=f"{kind} {code}", code=code, reason="A test.")
        support.fill(**{f"set-{name}": text for name, text in said.items()})
        support.keep(f"deal-01-connect-{kind.lower()}")
        support.press("Make the connection")
        support.press("Go on")
        support.press("Test connection")

    def is_a_trial(self, support: Person, world: Outside) -> Thing:
        """The product opens the account under its own prices; the CRM's company is linked to it by its reference."""
        world.asks("PUT", f"/accounts/{world.reference}", {"rate_table": world.shop.table.code})
        deal = world.wins(world.shelf.pilot, "0")
        world.works()
        trial = Trial.objects.get(customer=world.account)
        assert (trial.tokens, trial.seller) == (50, None)
        support.browser.open(f"/admin/wallets/account/{world.account.pk}/change/")
        support.sees("50")
        looks(support, "02-trial")
        assert world.uses("20")["balance"]["available"] == "30.000000"
        return deal

    def is_a_plan(self, support: Person, world: Outside) -> Thing:
        deal = world.wins(world.shelf.team, "250")
        world.works()
        support.browser.open(f"{SYNC}{world.connection(world.crm).pk}/change/?tab=in")
        support.sees(f"Order {world.crm}:{deal.id}")
        looks(support, "03-came-in")
        assert world.company.properties["tokendesk_available"] == "330"
        assert world.company.properties["tokendesk_plan"] == "Team"
        return deal

    def runs_into_overage(self, support: Person, world: Outside) -> None:
        told = world.uses("410")
        assert (told["outcome"], told["overage"]) == ("overage", "80.000000")
        world.works()
        for figures in (world.company.properties, world.customer["metadata"]):
            assert (figures["tokendesk_available"], figures["tokendesk_overage"]) == ("0", "80")
        support.browser.open(f"/admin/wallets/account/{world.account.pk}/change/?tab=systems")
        support.sees(f"HubSpot {world.crm}")
        looks(support, "04-account")

    def is_given_a_price_of_overage(self, finance: Person, world: Outside) -> None:
        who_sells()
        finance.browser.open("/admin/")
        finance.press("Overage rates")
        finance.press("add")
        finance.fill(account=world.reference, price="0.3333", reason="By contract.")
        finance.fill(currency="USD", effective_from=f"{clock():%Y-%m-01T00:00}")
        finance.press("Set")
        finance.sees("By contract.")

    def is_billed_elsewhere(self, finance: Person, world: Outside) -> None:
        finance.browser.open(f"/admin/wallets/account/{world.account.pk}/change/?tab=orders")
        finance.sees("invoiced here")
        finance.press("change")
        finance.fill(billing="external", reason="Stripe collects it.")
        looks(finance, "05-elsewhere")
        finance.fill(billing="external", reason="Stripe collects it.")
        finance.press("Save")
        finance.sees("Orders are billed elsewhere")

    def is_invoiced(self, finance: Person, world: Outside) -> Invoice:
        """The month is over. Nothing but overage is asked for: the plan was paid elsewhere."""
        (draft,) = invoicing.draft_account(customer_id=world.account.pk)
        finance.browser.open("/admin/")
        finance.press("Invoices")
        finance.search(world.reference)
        finance.press("draft")
        finance.sees("26.66 USD")
        looks(finance, "06-draft")
        finance.press("Finalise …")
        finance.press("Finalise 26.66 USD")
        finance.sees("is final")
        looks(finance, "07-final")
        return Invoice.objects.get(pk=draft.pk)

    def is_billed_at_stripe(self, support: Person, world: Outside, invoice: Invoice) -> None:
        assert world.items() == []
        world.works()
        assert world.items() == [(world.customer["id"], 2666, "usd", invoice.number)]
        world.works()
        assert len(world.items()) == 1
        support.browser.open(f"{SYNC}{world.connection(world.till).pk}/change/?tab=out")
        support.press("invoice item")
        support.sees("26.66")
        support.sees(invoice.number)
        looks(support, "08-item")

    def is_all_green(self, support: Person, world: Outside) -> None:
        support.browser.open("/admin/")
        support.press("Sync")
        for name in (f"HubSpot {world.crm}", f"Stripe {world.till}"):
            support.sees_in(name, "working")
            assert not Outgoing.objects.filter(connection__name=name).exclude(state="sent").exists()
        looks(support, "09-green")

    def is_broken_and_mended(self, support: Person, world: Outside) -> Thing:
        """A deal whose company nobody made its primary one is given up; a person maps it, and has it applied again."""
        deal = world.wins_without_primary(world.shelf.pack, "40")
        world.works()
        world.works()
        support.browser.open("/admin/")
        support.press("Inbox")
        support.sees(f"The connection HubSpot {world.crm} needs somebody")
        looks(support, "10-inbox")
        support.press(f"The connection HubSpot {world.crm} needs somebody")
        support.press("Show it")
        support.sees("The deal has no primary company.")
        support.sees("1 given up")
        support.press("An example")
        support.sees('"amount": "40"')
        support.keep("deal-11-example")
        looks(support, "11-error")
        support.press("An example")
        support.press("The whole record")
        looks(support, "12-record")
        support.press("Change the fields")
        support.fill(**{"x-in-deal-customer": "companies[0].id", "reason": "One company is enough."})
        support.press("Save the fields")
        support.sees("1 field changed")
        looks(support, "13-mapped")
        support.press("Open this record")
        support.press("Apply again")
        world.works()
        support.browser.driver.ask("POST", "refresh")
        support.sees(f"Order {world.crm}:{deal.id}")
        looks(support, "14-mended")
        support.press("Show the order")
        support.sees("40.00 USD")
        looks(support, "14-order")
        assert set(Handling.objects.filter(connection__code=world.crm).values_list("state", flat=True)) <= {
            "applied",
            "ignored",
        }
        return deal

    def is_refused_and_sent_again(self, support: Person, world: Outside) -> None:
        """Somebody makes a text a number at the CRM, so it refuses the plan's name; mended there, it is sent again."""
        world.hubspot.books.numbers.add("tokendesk_plan")
        world.uses("1")
        world.works()
        world.works()
        support.browser.open(f"{SYNC}{world.connection(world.crm).pk}/change/")
        support.sees("1 given up")
        support.press("An example")
        support.sees('"tokendesk_plan": "Team"')
        support.sees("Team was not a valid number.")
        looks(support, "15-refused")
        world.hubspot.books.numbers.discard("tokendesk_plan")
        support.press("Try all of this error again")
        world.works()
        assert world.company.properties["tokendesk_available"] == "99"
