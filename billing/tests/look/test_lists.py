"""Lists in a real browser."""

from __future__ import annotations

import pytest

from billing.tests.look.browser import Browser

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

WIDE = "const wide = document.createElement('div'); wide.style.width = '900px'; wide.textContent = '…';"
WIDE += "document.getElementById('content').prepend(wide)"


class TestOverflow:
    def test_tells_of_a_page_that_is_wider_than_a_telephone(self, browser: Browser) -> None:
        browser.dress("light", 390)
        browser.open("/admin/wallets/account/")
        before = browser.overflow()

        browser.run(WIDE)

        assert before == 0
        assert browser.overflow() >= 900 - 390
