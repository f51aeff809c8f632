"""What people see who never sign in: shared pages of usage, the digests in their mails, the API's description."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from billing.models import DigestChoice
from billing.queries.digests import digest
from billing.tests.look.browser import THEMES, WIDTHS, Browser
from billing.tests.look.gallery import BY_SECRETS, FOR_ANYBODY
from usage.services import rolling, sharing
from usage.tests.made import DAY, Shop, a_grant, clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]
HOME = "https://desk.example.com/admin/"


@pytest.fixture(scope="module")
def used(browser: Browser) -> Shop:
    """Four weeks of two customers, rolled up."""
    shop, now = Shop(since=clock() - 100 * DAY), clock()
    for name in ("Brightline Logistics", "Harbour Health"):
        account = shop.an_account(now - 90 * DAY, name=name)
        a_grant(account, "9000", now=now - 80 * DAY)
        for day in range(28, 0, -1):
            shop.debit(
                account,
                str(40 + 7 * (day % 5)),
                "12.5",
                features=(shop.chat, shop.image),
                now=now - day * DAY,
            )
    while rolling.roll(30):
        pass
    return shop


class TestPages:
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("width", WIDTHS)
    def test_fit_their_window_and_complain_of_nothing(
        self, browser: Browser, used: Shop, theme: str, width: int
    ) -> None:
        user = User.objects.create(username=f"success-{uuid4().hex[:8]}")
        browser.open("/admin/")
        browser.dress(theme, width)
        browser.driver.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}]
        )
        found = {}
        for name, query in {"month": {"days": "30"}, "week": {"days": "7", "by": "recorded_at"}}.items():
            shared = sharing.share(title="Your usage", query=query, days=7, reason="They asked.", user=user)
            browser.open(BY_SECRETS["shared-usage"].format(secret=shared.token))
            browser.keep(f"shared-usage-{name}-{theme}-{width}")
            found[name] = [*browser.faults(), *browser.barriers()]
        browser.open(FOR_ANYBODY["docs"])
        browser.keep(f"api-docs-{theme}-{width}")
        found["docs"] = [*browser.faults(), *browser.barriers()]

        assert {name: each for name, each in found.items() if each} == {}


class TestDigests:
    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("about", DigestChoice.About.values)
    def test_can_be_read_by_everybody(self, browser: Browser, used: Shop, about: str, width: int) -> None:
        now = clock()
        browser.open("/healthz")
        browser.dress("light", width)

        browser.driver.open(f"data:text/html;charset=utf-8,{quote(digest(about, now, HOME).html)}")
        browser.keep(f"digest-{about}-light-{width}")

        assert (browser.overflow(), browser.barriers()) == (0, [])
