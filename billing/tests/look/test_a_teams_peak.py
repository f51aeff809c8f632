"""A team of ten runs fourteen for a week: what its account's page shows of it, while some are still at work."""

from __future__ import annotations

import pytest

from billing.tests.look.browser import THEMES, WIDTHS, Browser
from usage.tests.made import DAY, HOUR, clock
from usage.tests.office import Office

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

TEAM, DAYS = 14, 5


@pytest.fixture(scope="module")
def address(browser: Browser) -> str:
    """The page of seats after five days of eight hours; today's work is under way. The last seven days are shown."""
    begins = (clock() - 2 * HOUR).replace(minute=0, second=0, microsecond=0) - (DAYS - 1) * DAY
    office = Office(now=begins, seats=10, granted="1000", interval="PT4H", heartbeat="PT4H")
    for day in range(DAYS):
        opens = begins + day * DAY
        team = [office.take(f"user {number}", now=opens) for number in range(TEAM)]
        if day == DAYS - 1:
            break
        for hours in (3, 6):
            for seat in team:
                office.beat(seat, opens + hours * HOUR)
        for seat in team:
            office.give_back(seat, opens + 8 * HOUR)
    return f"/admin/wallets/account/{office.account.pk}/change/?tab=seats"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_shows_seats_against_time_and_who_has_one(
    browser: Browser, address: str, theme: str, width: int
) -> None:
    browser.dress(theme, width)
    browser.open(address)
    browser.keep(f"a-teams-peak-{theme}-{width}")

    text = browser.run("return document.body.innerText")
    assert "at most 14" in text
    assert text.count("overflow") == TEAM - 10
    assert (browser.overflow(), browser.complaints()) == (0, [])
    cut = "return [...document.querySelectorAll('.d-scroll')].filter(it => it.scrollWidth > it.clientWidth).length"
    assert width < 600 or browser.run(cut) == 0
