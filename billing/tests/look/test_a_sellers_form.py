"""The form of a trial in a real browser: what the chosen offer does stands beside it."""

from __future__ import annotations

import time

import pytest

from billing.tests.look.browser import Browser
from billing.tests.trying import an_offer
from usage.tests.made import Shop, a_grant
from wallets.models import Grant

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]


class TestTrialPage:
    def test_shows_the_offer_that_is_chosen_and_issues_once(self, browser: Browser) -> None:
        account = Shop().an_account()
        a_grant(account, "250")
        large = an_offer("1000")
        an_offer("100")
        browser.dress("light", 1400)
        browser.open(f"/admin/wallets/account/{account.pk}/trial/")
        choose = "const f = document.querySelector('[name=offer]'); f.value = arguments[0]; "

        browser.run(choose + "f.dispatchEvent(new Event('input', {bubbles: true}))", str(large.pk))
        (told,) = browser.run(
            "return [...document.querySelectorAll('[data-offer]')].filter(e => !e.hidden).map(e => e.innerText)"
        )
        browser.find("[name=reason]").type("Pilot")
        browser.run(
            "const b = document.querySelector('form.d-form button[type=submit]'); b.click(); b.click();"
        )
        time.sleep(1)

        assert large.name in told
        assert "1,250" in told
        assert Grant.objects.filter(account=account, kind="trial", tokens=1000).count() == 1
