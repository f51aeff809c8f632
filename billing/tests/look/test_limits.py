"""The limits of an account in a real browser: bars, long names, many values, forms, and what opens what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from usage.models import Budget
from usage.services import entitling, limiting
from usage.tests.held import a_hold
from usage.tests.laddered import block, set_policy
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, clock
from usage.tests.services.test_access import said
from usage.tests.services.test_allowances import an_allowance
from usage.tests.services.test_budgets import a_budget
from usage.tests.services.test_unlocking import an_unlock
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))
LONG = "research-and-development.north-east-region.quarter-4:spend"
SHOW = "document.querySelectorAll('.desk section')[arguments[0]].scrollIntoView()"


def a_family() -> tuple[Shop, Account]:
    """Something of everything: short and long, little and much, used up and beyond."""
    shop = Shop(since=clock() - 40 * DAY)
    family = shop.an_account(clock() - 40 * DAY, name="Family Ltd", time_zone="Europe/Berlin")
    a_grant(family, "100000", now=clock() - 40 * DAY)
    set_policy(family, block(1))
    a_budget(family, "200", now=None, code="per-user", per="user", period="month")
    a_budget(family, "1200", now=None, code=LONG, subject={"team": "research-and-development"}, is_hard=False)
    a_budget(family, "1250000.5", now=None, code="all-of-it", period="total", feature=shop.chat)
    an_allowance(family, shop.image, "100", now=None, carries="30", anchor=(clock() - 10 * DAY).date())
    an_allowance(family, "*", "3", now=None, period="total")
    an_allowance(family, shop.image, None, now=None, effective_from=clock() + 20 * DAY)
    for number in range(14):
        user = {"user": f"user-{number:02}", "team": "research-and-development"}
        shop.debit(family, str(190 - 13 * number), subject=user)
    shop.debit(family, "150", subject={"user": f"{LONG}-{LONG}"})
    shop.debit(family, "72", features=(shop.image,), subject={"user": "user-02"})
    a_hold(shop, family, "40", subject={"user": "user-03", "team": "research-and-development"})
    a_hold(shop, family, "25", features=(shop.image,))
    an_unlock(shop, "P1D")
    entitling.set_mode(account_id=family.pk, mode="bought", author=AUTHOR)
    said(family, shop.image, now=None, effective_until=clock() + 40 * DAY)
    said(family, f"{shop.chat}", now=None)
    said(family, "video.*", "closed", now=None, effective_from=clock() + timedelta(days=3))
    shop.debit(family, "2", features=(shop.image,), subject={"user": "user-05"})
    a_budget(family, "5", now=None, code="pilot")
    budget = Budget.objects.get(account=family, code="pilot")
    limiting.change_budget(budget=budget, tokens=Decimal(9), is_hard=False, author=AUTHOR)
    limiting.change_budget(budget=budget, tokens=None, is_hard=False, author=AUTHOR)
    return shop, family


class TestLimits:
    @pytest.mark.parametrize(("theme", "width"), DRESSES)
    def test_fit_and_say_what_holds(self, browser: Browser, theme: str, width: int) -> None:
        shop, family = a_family()
        person = Person(browser, theme, width)
        base = f"/admin/wallets/account/{family.pk}"
        budget = Budget.objects.get(account=family, code="per-user")

        def look(address: str, name: str, *sections: int) -> None:
            browser.open(address)
            assert browser.overflow() == 0, name
            browser.keep(f"limits-{theme}-{width}-{name}")
            for section in sections:
                browser.run(SHOW, section)
                browser.keep(f"limits-{theme}-{width}-{name}-{section}")

        look(f"{base}/change/?tab=limits", "tab", 0, 1, 2, 3)
        person.sees("and 7 others")
        person.sees("40 kept by holds")
        person.sees("beyond")
        person.sees("Only what was bought:")
        look(f"{base}/change/?tab=limits&budget=pilot", "found", 0)
        look(f"{base}/budgets/{budget.pk}/", "budget", 1)
        for each in (
            *("budgets/open", f"budgets/{budget.pk}/change", f"budgets/{budget.pk}/end", "included"),
            *("access", "access/mode"),
        ):
            look(f"{base}/{each}/", each.replace("/", "-").replace(str(budget.pk), "one"))
        look(f"{base}/included/end/?pattern={shop.image}", "included-end")
        empty = shop.an_account(name="Nobody Ltd")
        look(f"/admin/wallets/account/{empty.pk}/change/?tab=limits", "empty")
        for each in ("", "add/"):
            look(f"/admin/usage/unlock/{each}", f"unlocks-{each[:-1]}")

        assert browser.complaints() == []

    def test_opens_a_budget_by_what_is_written(self, browser: Browser) -> None:
        account = Shop().an_account(name="Acme Ltd")
        person = Person(browser)

        browser.open(f"/admin/wallets/account/{account.pk}/change/")
        person.press("Limits")
        person.press("Open one")
        person.fill(code="team", tokens="1,000", per="user", reason="They asked for it.")
        person.press("Open the budget")

        person.sees("The budget team counts from now on.")
        person.sees("At most 1,000 AIT a month for everything, each user apart.")
        person.sees("Nothing is spent in this period yet.")
        assert Budget.objects.get(account=account).limits.get().tokens == 1000
        assert browser.complaints() == []
