"""Advice and digests with figures on them, in both themes, at a desk and on a telephone."""

from __future__ import annotations

import time
from random import Random

import pytest

from billing.services import advising
from billing.tests.business import a_business
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from usage.tests.made import clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]
PAGES = {
    "advice-prices": "/admin/billing/advice/prices/",
    "advice": "/admin/billing/advice/",
    "digest-packaging": "/admin/billing/digestchoice/?show=packaging",
    "digest-sales": "/admin/billing/digestchoice/?show=sales",
}


def test_fits_its_window_and_leads_on(browser: Browser) -> None:
    a_business(Random(5))
    advising.advise(clock())
    found = {}
    for theme in THEMES:
        for width in WIDTHS:
            browser.dress(theme, width)
            for name, address in PAGES.items():
                browser.open(address)
                time.sleep(0.1)
                browser.keep(f"{name}-{theme}-{width}")
                found[name, theme, width] = (browser.overflow(), browser.complaints())

    assert {name: each for name, each in found.items() if each != (0, [])} == {}
    browser.open(PAGES["advice-prices"])
    browser.find("tr:first-child td a[href*='/usage/rollups/']").click()
    time.sleep(1)
    assert "Usage" in browser.texts("h1")
