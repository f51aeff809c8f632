"""Every page in a real browser: both themes, at a desk and on a telephone, without a network, open to everybody.

`LOOK_DIR=folder make look` keeps what was seen.
"""

from __future__ import annotations

import re
import time

import pytest

from billing.tests.desks.page import Page
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from billing.tests.look.gallery import OF_STRANGERS, pages_of_desks

pytestmark = [pytest.mark.look, pytest.mark.timeout(1200)]

OUR_SCRIPTS_KB = 200
"""What the first page may load of scripts of ours; those of the theme come beside them."""


@pytest.fixture(scope="module")
def pages(browser: Browser) -> list[Page]:
    return pages_of_desks()


IS_PAPER = "return !!document.querySelector('link[href$=\"/paper.css\"]')"
"""What is printed looks as it is printed, whatever the theme."""


def named(address: str) -> str:
    """The page's name without identities, good for a file."""
    return re.sub(r"[^a-z]+", "-", re.sub(r"[0-9a-f-]{36}|\d+", "", address)).strip("-")


class TestPages:
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("width", WIDTHS)
    def test_fit_their_window_and_complain_of_nothing(
        self, browser: Browser, pages: list[Page], theme: str, width: int
    ) -> None:
        browser.open("/admin/")
        browser.dress(theme, width)
        found = {}
        for page in pages:
            browser.open(page.address)
            time.sleep(0.1)
            is_dark = browser.run("return document.documentElement.classList.contains('dark')")
            browser.keep(f"{named(page.address)}-{theme}-{width}")
            as_asked = is_dark or (theme == "dark" and browser.run(IS_PAPER))
            barriers = browser.barriers() if width == WIDTHS[0] else []
            found[page.address] = ([*browser.faults(), *barriers], as_asked)

        assert {address: each for address, each in found.items() if each != ([], theme == "dark")} == {}

    def test_are_led_to_by_a_door(self, browser: Browser) -> None:
        browser.open("/admin/")
        browser.driver.ask("DELETE", "cookie/sessionid")
        found = {}
        for theme in THEMES:
            browser.dress(theme, 1400)
            browser.open(OF_STRANGERS["admin-login"])
            browser.keep(f"admin-login-{theme}-1400")
            found[theme] = [*browser.faults(), *browser.barriers()]
        browser.sign_in()

        assert found == dict.fromkeys(THEMES, [])


class TestAxe:
    def test_finds_what_nobody_could_use(self, browser: Browser) -> None:
        browser.driver.open(
            'data:text/html,<html lang="en"><title>A page</title><main><img src="data:,"></main>'
        )

        (found,) = browser.barriers()

        assert found.startswith("image-alt: <img")


class TestHome:
    def test_loads_little_of_our_own_scripts(self, browser: Browser) -> None:
        browser.open("/admin/")

        sizes = browser.run("""
            return performance.getEntriesByType("resource").filter(each => each.initiatorType === "script")
                .map(each => [new URL(each.name).pathname, each.decodedBodySize]);
        """)

        ours = {path: size for path, size in sizes if "/static/desk/" in path}
        assert 0 < sum(ours.values()) < OUR_SCRIPTS_KB * 1000, ours
