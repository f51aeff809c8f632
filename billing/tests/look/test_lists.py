"""Lists, searching selects and what is shown to be copied, in a real browser."""

from __future__ import annotations

import time

import pytest

from billing.tests.look.browser import Browser
from usage.tests.made import Shop, a_grant
from wallets.models import TokenUnit

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

ALIGNED = "return [...document.querySelectorAll(arguments[0])].map(cell => getComputedStyle(cell).textAlign)"
PASTED = "return navigator.clipboard.readText()"
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


class TestList:
    @pytest.mark.parametrize("code", ["AIT", "C-0.5_x"])
    def test_sets_figures_at_the_right_and_words_at_the_left(self, browser: Browser, code: str) -> None:
        TokenUnit.objects.get_or_create(code=code, defaults={"name": code})
        a_grant(Shop(token=code).an_account(), "100", token=code)
        browser.dress("light", 1400)

        browser.open("/admin/wallets/entry/")

        assert set(browser.run(ALIGNED, "#result_list td.field-movement")) == {"left"}
        assert set(
            browser.run(ALIGNED, "#result_list :is(th.column-before, td.field-before, td.field-moved)")
        ) == {"right"}


class TestSecret:
    def test_is_copied_by_a_press(self, browser: Browser) -> None:
        shop = Shop()
        browser.dress("dark", 390)
        browser.driver.command(
            "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
        )
        browser.open("/admin/usage/apikey/add/")
        choose = "document.querySelector('[name=product]').value = arguments[0]"
        browser.run(choose, shop.product.code)
        browser.find("form.d-form button[type=submit]").click()
        time.sleep(1)

        browser.find(".d-copy").click()
        time.sleep(0.3)
        browser.keep("apikey-made-dark-390")

        assert browser.find(".d-copy").text.endswith("Copied")
        assert browser.run(PASTED) == browser.find(".d-secret").text


class TestSearchingSelect:
    def test_is_named_by_its_label(self, browser: Browser) -> None:
        browser.open("/admin/usage/unlock/add/")
        time.sleep(0.5)

        named = "return document.querySelector('.select2-selection').getAttribute('aria-label')"
        assert browser.run(named) == "Feature"
