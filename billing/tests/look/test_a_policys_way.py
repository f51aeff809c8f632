"""The whole way of a policy in a real browser: written rung by rung, put before last week, set, shared, explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from config.kernel.errors import Throttled
from usage.models import Denial, Policy, SharedPolicy
from usage.queries.policies import own_policy
from usage.tests.held import a_hold
from usage.tests.laddered import block, calls, grace, overage, set_policy
from usage.tests.made import DAY, HOUR, Shop, a_grant, clock
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))
ROW = """
    const row = document.querySelector("[data-steps]").lastElementChild;
    const kind = row.querySelector("select"); kind.value = arguments[0];
    kind.dispatchEvent(new Event("change", {bubbles: true}));
    for (const [name, value] of Object.entries(arguments[1])) {
        const cell = row.querySelector(`[data-column=${name}] input`);
        if (!cell.offsetParent) return name;
        cell.value = value;
    }
"""
SHOW = "document.querySelector(arguments[0]).scrollIntoView()"


@dataclass(frozen=True)
class Customers:
    """acme: owed 22 last week, under overage without limit. others: without a policy of their own."""

    shop: Shop
    acme: Account
    others: Account
    beyond: UUID


def customers() -> Customers:
    begun = clock() - 40 * DAY
    shop = Shop(since=begun)
    acme = shop.an_account(begun, name="Acme Ltd", policy=overage())
    a_grant(acme, "100", now=begun, kind="purchase")
    week = clock() - 6 * DAY
    for days, each in enumerate(("70", "15.5", "14.5")):
        shop.debit(acme, each, now=week + days * DAY)
    beyond = shop.debit(acme, "12", now=week + 3 * DAY)
    shop.debit(acme, "10", now=week + 4 * DAY)
    a_hold(shop, acme, "7", now=week + 4 * DAY + HOUR, expires_in=600)
    others = shop.an_account(begun, name="Bolt & Sons")
    a_grant(others, "40", now=begun, kind="purchase")
    return Customers(shop, acme, others, beyond.id)


class Manager(Person):
    """keep: numbers what was seen."""

    def __init__(self, browser: Browser, theme: str, width: int) -> None:
        super().__init__(browser, theme, width)
        self.dress, self.seen = f"{theme}-{width}", 0

    def keep(self, name: str, at: str = "") -> None:
        """What is seen, from the element `at` on, fits the window."""
        assert self.browser.overflow() == 0, name
        if at:
            self.browser.run(SHOW, at)
        self.seen += 1
        self.browser.keep(f"policy-{self.dress}-{self.seen:02}-{name}")

    def step(self, kind: str, **columns: str) -> None:
        self.press("Add a step")
        hidden = self.browser.run(ROW, kind, columns)
        assert hidden is None, f"{kind} has no {hidden}"

    def account(self, account: Account, tab: str) -> None:
        self.browser.open(f"/admin/wallets/account/{account.pk}/change/?tab={tab}")


class TestWay:
    @pytest.mark.parametrize(("theme", "width"), DRESSES)
    def test_of_a_policy(self, browser: Browser, theme: str, width: int) -> None:
        browser.open("/admin/")
        there, manager = customers(), Manager(browser, theme, width)
        self.writes_it_rung_by_rung(manager, there)
        self.puts_it_before_the_last_week(manager)
        self.sets_it_with_a_reason(manager, there)
        self.shares_one_for_a_rate_table(manager, there)
        self.sees_whose_rules(manager, there)
        self.reads_why(manager, there)

        assert browser.complaints() == []

    def writes_it_rung_by_rung(self, manager: Manager, there: Customers) -> None:
        manager.browser.open(f"/admin/wallets/account/?q={there.acme.reference}")
        manager.press("Acme Ltd")
        manager.press("Policy and terms")
        manager.keep("tab-before")
        manager.browser.find(".d-card a[href$='/policy/']").click()
        manager.keep("form-empty")
        manager.browser.find("[name=mode][value=limited]").click()
        manager.fill(limit="20")
        manager.step("notify", share="80")
        manager.step("calls", share="90", amount="30")
        manager.step("grace", amount="15", hours="72")
        manager.keep("form-written")
        manager.keep("form-steps", "[data-steps]")

    def puts_it_before_the_last_week(self, manager: Manager) -> None:
        manager.press("Rehearse on the last week")
        manager.sees("With this policy 2 of 6 calls would have been refused")
        manager.sees("beyond the grace")
        manager.keep("rehearsed")
        manager.keep("rehearsed-form", ".d-steps")
        assert manager.browser.run("return document.querySelectorAll('[data-row]').length") == 3

    def sets_it_with_a_reason(self, manager: Manager, there: Customers) -> None:
        manager.press("Set the policy")
        manager.sees("This field is required.")
        manager.fill(reason="They pay late each quarter.")
        manager.press("Set the policy")
        manager.sees("The new policy holds from now on.")
        manager.sees("At most 30 calls a minute once 90 % are spent")
        manager.keep("tab-after")
        manager.account(there.acme, "history")
        manager.sees("They pay late each quarter.")
        manager.keep("history")
        steps: dict[str, Any] = {
            "notify": (80,),
            "throttle": (calls(30, 90),),
            "grace": grace("15", 72 * HOUR),
        }
        assert own_policy(there.acme.pk) == overage("20", **steps)
        assert Policy.objects.filter(account=there.acme).latest("recorded_at").set_by.startswith("looker-")

    def shares_one_for_a_rate_table(self, manager: Manager, there: Customers) -> None:
        manager.browser.open("/admin/usage/sharedpolicy/")
        manager.keep("shared-before")
        manager.press("Share a policy …")
        manager.browser.run(
            "const s = document.querySelector('[name=scope]'); s.value = 'table';"
            "s.dispatchEvent(new Event('change', {bubbles: true}));"
        )
        manager.browser.find("[name=mode][value=block]").click()
        manager.step("notify", share="50")
        manager.fill(
            code=there.shop.table.code, account=there.acme.reference, reason="Everybody hears of it at half."
        )
        manager.keep("share-form")
        manager.press("Rehearse on the account's last week")
        manager.sees("3 of 6 calls would have been refused")
        manager.keep("share-rehearsed")
        manager.press("Let it hold")
        manager.sees("holds from the next call on")
        manager.sees("Everybody hears of it at half.")
        manager.keep("shared-one")
        manager.browser.open("/admin/usage/sharedpolicy/")
        manager.sees("Tell when 50 % are spent")
        manager.keep("shared-list")
        row = SharedPolicy.objects.get(table=there.shop.table)
        assert (row.set_by[:7], row.reason) == ("looker-", "Everybody hears of it at half.")

    def sees_whose_rules(self, manager: Manager, there: Customers) -> None:
        manager.account(there.others, "terms")
        manager.sees(f"That of the rate table {there.shop.table.code}")
        manager.keep("tab-of-others")
        manager.account(there.acme, "terms")
        assert manager.browser.texts("[data-rules] .d-strong") == ["Its own"]

    def reads_why(self, manager: Manager, there: Customers) -> None:
        done = there.shop.debit(there.others, "25")
        manager.browser.open(f"/admin/usage/debit/{done.id}/change/")
        manager.sees("With it 50 % were gone, which is told once until the next grant.")
        manager.sees(f"The policy of the rate table {there.shop.table.code}")
        manager.keep("debit")
        manager.keep("debit-decided", "[data-decided]")
        manager.browser.open(f"/admin/usage/debit/{there.beyond}/change/")
        manager.keep("debit-beyond", "[data-decided]")
        self.reads_a_refusal_and_a_hold(manager, there)

    def reads_a_refusal_and_a_hold(self, manager: Manager, there: Customers) -> None:
        set_policy(there.others, block(80, throttle=(calls(1),), grace=grace("10")))
        kept = a_hold(there.shop, there.others, "18", now=clock())
        with pytest.raises(Throttled):
            there.shop.debit(there.others, "1")
        denial = Denial.objects.get(account=there.others)
        manager.browser.open(f"/admin/usage/denial/{denial.pk}/change/")
        manager.sees("The policy of the account lets 1 call a minute through.")
        manager.keep("denial")
        manager.browser.open(f"/admin/usage/holdrequest/{kept.id}/change/")
        manager.sees("gives a grace of 10 beyond zero")
        manager.keep("hold")
