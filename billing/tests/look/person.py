"""Somebody who goes through the admin by what is written there."""

from __future__ import annotations

import time

from billing.tests.look.browser import Browser

PRESS = """
    const words = arguments[0], seen = each => each.offsetParent !== null && each.innerText.includes(words);
    const found = [...document.querySelectorAll("button, a, summary")].filter(seen);
    if (!found.length) return document.body.innerText;
    found[found.length - 1].click();
"""
FILL = """
    const field = document.querySelector(`[name=${arguments[0]}]`); field.value = arguments[1];
    field.dispatchEvent(new Event("input", {bubbles: true}));
"""


class Person:
    """Somebody at the pages, who goes by what is written on them."""

    def __init__(self, browser: Browser, theme: str = "light", width: int = 1400) -> None:
        self.browser = browser
        browser.dress(theme, width)

    def press(self, words: str) -> None:
        instead = self.browser.run(PRESS, words)
        assert instead is None, f"nothing says {words!r} on this page:\n{instead}"
        time.sleep(1)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.browser.run(FILL, name, value)

    def sees(self, words: str) -> None:
        said = self.browser.run("return document.body.innerText")
        assert words in said, f"not on this page: {words!r}\n{said}"
