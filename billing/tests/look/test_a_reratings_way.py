"""The whole way of a re-rating in a real browser: asked, told, approved by another, booked, explained, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from pricing.models import Version
from pricing.rules.rows import RateRow
from usage.models import Rerating
from usage.services import correcting, rerating
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock
from usage.tests.rerated import asked, corrected_prices, now_charged, worked
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))
PAGE = "/admin/usage/rerating/{}/{}/"
CHOOSE = """
    const field = document.querySelector(`[name=${arguments[0]}]`); field.value = arguments[1];
    field.dispatchEvent(new Event("input", {bubbles: true}));
    return field.closest(".d-field").offsetParent !== null;
"""


@dataclass(frozen=True)
class Wrong:
    """Two customers who were charged 2 for what should have cost 1.5; the right price is in a table of its own."""

    shop: Shop
    acme: Account
    bolt: Account
    right: Version


def wrong_prices() -> Wrong:
    begun = clock() - 40 * DAY
    shop = Shop(since=begun)
    dear = shop.a_table(tokens="2", since=begun)
    shop.table = dear
    acme, bolt = (shop.an_account(begun, name=name) for name in ("Acme Ltd", "Bolt & Sons"))
    for each in (acme, bolt):
        a_grant(each, "100000", now=begun, kind="purchase")
    for day in range(10):
        moment = clock() - (20 - day) * DAY
        shop.debit(acme, "1250.5", "30", features=(shop.chat, shop.image), now=moment)
        shop.debit(bolt, "400", now=moment + HOUR)
    shop.debit(bolt, "70", features=(shop.image,), now=clock() - 9 * DAY)
    right = corrected_prices(shop, RateRow(shop.chat, Decimal("1.5")), RateRow(shop.image, Decimal(2)))
    return Wrong(shop, acme, bolt, right)


class Clerk(Person):
    """keep: numbers what was seen."""

    def __init__(self, browser: Browser, theme: str, width: int) -> None:
        super().__init__(browser, theme, width)
        self.dress, self.seen = f"{theme}-{width}", 0

    def keep(self, name: str) -> None:
        """What is seen fits the window."""
        assert self.browser.overflow() == 0, name
        self.seen += 1
        self.browser.keep(f"rerating-{self.dress}-{self.seen:02}-{name}")

    def choose(self, name: str, value: object) -> bool:
        is_seen: bool = self.browser.run(CHOOSE, name, str(value))
        return is_seen

    def goes_to(self, row: Rerating, verb: str = "change") -> None:
        self.browser.open(PAGE.format(row.pk, verb))


class TestWay:
    @pytest.mark.parametrize(("theme", "width"), DRESSES)
    def test_of_a_rerating(self, browser: Browser, theme: str, width: int) -> None:
        browser.open("/admin/")
        there, clerk = wrong_prices(), Clerk(browser, theme, width)
        row = self.asks(clerk, there)
        self.reads_what_would_change(clerk, row, there)
        self.approves_anothers(clerk, there)
        self.sees_it_booked(clerk, row, there)
        self.takes_it_back(clerk, row)

        assert browser.complaints() == []

    def asks(self, clerk: Clerk, there: Wrong) -> Rerating:
        clerk.browser.open("/admin/usage/rerating/")
        clerk.press("Charge usage anew")
        clerk.keep("form-empty")
        now = clock()
        clerk.fill(
            reason="From the 6th on chat cost 2 instead of 1.5.",
            since=f"{now - 30 * DAY:%Y-%m-%dT%H:%M}",
            until=f"{now - DAY:%Y-%m-%dT%H:%M}",
        )
        assert clerk.choose("table", there.shop.table.pk)
        assert clerk.choose("version", there.right.pk)
        assert clerk.browser.run(
            "return document.querySelector('[name=priced_at]').closest('.d-field').offsetParent === null"
        )
        clerk.keep("form-written")
        clerk.press("Tell what it would change")
        clerk.sees("A worker begins within a few seconds.")
        clerk.keep("begun")
        return Rerating.objects.latest("pk")

    def reads_what_would_change(self, clerk: Clerk, row: Rerating, there: Wrong) -> None:
        worked(row)
        clerk.goes_to(row)
        clerk.sees("You asked for it, so another person approves it.")
        clerk.sees("−8,252.5")
        clerk.sees(there.acme.reference)
        clerk.keep("told")

    def approves_anothers(self, clerk: Clerk, there: Wrong) -> None:
        now = clock()
        other = worked(asked(there.shop, there.right, since=now - 12 * DAY, until=now - 11 * DAY, now=now))
        clerk.goes_to(other)
        clerk.press("Approve")
        clerk.sees("As charged")
        clerk.keep("approve")
        clerk.press("Approve it")
        clerk.sees("It is approved")
        clerk.keep("approved")
        worked(other)

    def sees_it_booked(self, clerk: Clerk, row: Rerating, there: Wrong) -> None:
        rerating.approve(rerating=row, by="tom")
        size, correcting.A_SLICE = correcting.A_SLICE, 7
        correcting.work(row.pk, 0)
        correcting.A_SLICE = size
        clerk.goes_to(row)
        clerk.sees("7 of 21 debits")
        clerk.keep("running")
        worked(row)
        clerk.goes_to(row)
        clerk.sees("Take it back")
        clerk.keep("done")
        old = row.corrections.order_by("pk")[0]
        clerk.browser.open(f"/admin/usage/debit/{old.debit_id}/change/")
        clerk.sees("charged anew")
        clerk.keep("old-debit")
        clerk.browser.open(f"/admin/usage/debit/{now_charged(old.debit_id).pk}/change/")
        clerk.sees("in place of")
        clerk.keep("new-debit")
        clerk.browser.open(f"/admin/wallets/account/{there.acme.pk}/change/?tab=ledger")
        clerk.sees(f"to be charged anew by re-rating {row.pk}")
        clerk.keep("ledger")

    def takes_it_back(self, clerk: Clerk, row: Rerating) -> None:
        clerk.goes_to(row)
        clerk.press("Take it back")
        clerk.fill(reason="The contract said 2 after all.")
        clerk.keep("take-back")
        clerk.press("Take it back")
        clerk.sees("It is being taken back.")
        worked(row)
        clerk.goes_to(row)
        clerk.sees("The contract said 2 after all.")
        clerk.keep("taken-back")
        clerk.browser.open("/admin/usage/rerating/")
        clerk.keep("list")
