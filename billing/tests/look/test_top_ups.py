"""Top-ups in a real browser: the rule in a sentence, what waits, what was refused, the form, and the home page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import Offer
from billing.services import top_ups
from billing.tests.look.browser import Browser
from billing.tests.top_ups.ruled import a_pack, a_rule, topped_up
from usage.tests.made import AUTHOR, DAY, HOUR, a_grant, an_account, clock
from wallets.models import Account

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

DRESSES = (("light", 1400), ("dark", 390))


@pytest.fixture(scope="module")
def buyer() -> Account:
    """Bought twice, was refused once, and waits for a payment."""
    now = clock()
    account = an_account(now - 3 * DAY, name="Northwind Research and Development")
    pack = a_pack("5000", "40")
    said = {
        "threshold": "40000",
        "fill_to": "50000",
        "most": 9,
        "most_packs": 2,
        "most_amount": "500",
        "window": "month",
    }
    a_grant(account, "125.5", now=now - 3 * DAY)
    rule = a_rule(account, pack, now=now - 3 * DAY, **said)
    for days in (3, 2):
        topped_up(rule, now - days * DAY)
    rule = a_rule(account, pack, now=now - 2 * DAY, needs_payment=True, **said)
    refused = topped_up(rule, now - 2 * DAY)
    assert refused is not None
    top_ups.refuse(top_up_id=refused.pk, author=AUTHOR, now=now - DAY)
    topped_up(rule, now - DAY + 2 * HOUR)
    return account


@pytest.fixture(scope="module")
def broken() -> Account:
    account, pack = an_account(clock() - DAY, name="Contoso"), a_pack("5000", "40")
    rule = a_rule(account, pack, breaks_after=1, now=clock() - timedelta(hours=3))
    Offer.objects.filter(pk=pack.pk).update(is_sold=False)
    topped_up(rule)
    return account


@pytest.mark.parametrize(("theme", "width"), DRESSES)
def test_show_the_rule_and_what_it_bought(
    browser: Browser, buyer: Account, broken: Account, theme: str, width: int
) -> None:
    browser.dress(theme, width)
    account = f"/admin/wallets/account/{buyer.pk}"
    pages = {
        "tab": (f"{account}/change/?tab=top_ups", "waits for payment"),
        "broken": (f"/admin/wallets/account/{broken.pk}/change/?tab=top_ups", "Switched off after a refusal"),
        "rule": (f"{account}/top-up/", "What holds now"),
        "list": ("/admin/billing/topup/", "Because a test asks."),
        "home": ("/admin/", "for payment."),
    }
    for name, (address, told) in pages.items():
        browser.open(address)
        browser.keep(f"top-ups-{name}-{theme}-{width}")
        assert told in browser.run("return document.body.innerText"), name
        assert (browser.overflow(), browser.complaints()) == (0, []), name
