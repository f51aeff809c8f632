"""Somebody who goes through the admin by what is written there."""

from __future__ import annotations

import time

from billing.tests.look.browser import Browser

PRESS = """
    const words = arguments[0], seen = each => each.offsetParent !== null && each.innerText.includes(words);
    const found = [...document.querySelectorAll("button, a, summary")].filter(seen);
    if (!found.length) return document.body.innerText;
    const exactly = found.filter(each => each.innerText.split("\\n").some(line => line.trim() === words));
    (exactly.length ? exactly : found).at(-1).click();
"""
PRESS_IN = """
    const heads = [...document.querySelectorAll("section h2")].filter(each => each.innerText.trim() === arguments[0]);
    const link = heads.length && [...heads[0].closest("section").querySelectorAll("a, button")].find(
        each => each.innerText.includes(arguments[1]));
    if (!link) return document.body.innerText;
    link.click();
"""
READ_IN = """
    const heads = [...document.querySelectorAll("section h2")].filter(each => each.innerText.trim() === arguments[0]);
    return heads.length ? heads[0].closest("section").innerText : null;
"""
SEARCH = """
    const field = document.querySelector("main [name=q], #changelist-search [name=q], [name=q]");
    field.value = arguments[0]; field.form.submit();
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
        """Press what says just this, else what says this and more; of several the last on the page."""
        instead = self.browser.run(PRESS, words)
        assert instead is None, f"nothing says {words!r} on this page:\n{instead}"
        time.sleep(1)

    def press_in(self, section: str, words: str) -> None:
        """Press what is written below a heading."""
        instead = self.browser.run(PRESS_IN, section, words)
        assert instead is None, f"nothing says {words!r} below {section!r}:\n{instead}"
        time.sleep(1)

    def search(self, words: str) -> None:
        """Search a list."""
        self.browser.run(SEARCH, words)
        time.sleep(1)

    def keep(self, name: str) -> None:
        """Save what is seen; it fits the window."""
        self.browser.keep(name)
        assert self.browser.overflow() == 0, name

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.browser.run(FILL, name, value)

    def sees(self, words: str) -> None:
        said = self.browser.run("return document.body.innerText")
        assert words in said, f"not on this page: {words!r}\n{said}"

    def sees_in(self, section: str, words: str) -> None:
        """See it below a heading."""
        said = self.browser.run(READ_IN, section)
        assert words in (said or ""), f"not below {section!r}: {words!r}\n{said}"
