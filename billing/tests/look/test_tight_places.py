"""Where room is short: columns that line up, names that are not cut, tables that stay in their card."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from billing.queries.job_estimates import priced_for
from billing.tests.buyers.visiting import a_contact, way_in
from billing.tests.look.browser import WIDTHS, Browser
from billing.tests.orders.sold import an_offer
from pricing.queries.versions import rows_of
from pricing.services import drafting, publishing
from usage.tests.made import DAY, Shop, a_grant, clock
from usage.tests.rolled import roll_up

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

BESIDE = """return [...document.querySelectorAll('.field-row')].map(row => [...row.children].map(
    each => each.querySelector('input:not([type=checkbox]), select')?.getBoundingClientRect().top
).filter(Boolean)).filter(each => each.length > 1).map(([first, second]) => Math.abs(first - second))"""
CUT = """const select = document.querySelector('.pair select'), style = getComputedStyle(select);
    const pen = document.createElement('canvas').getContext('2d'); pen.font = `${style.fontSize} ${style.fontFamily}`;
    const room = select.clientWidth - parseFloat(style.paddingLeft) * 2 - 16;
    const tall = select.clientHeight - parseFloat(style.paddingTop) * 2 + 2;
    const lines = Math.max(Math.floor(tall / (parseFloat(style.fontSize) * 1.5)), 1);
    return pen.measureText(select.selectedOptions[0].text).width > room * lines"""
LARGE = """const table = document.querySelector('.d-fit');
    table.querySelectorAll('tbody tr').forEach(row => {
        row.cells[0].firstElementChild.textContent = 'Conversations with assistants';
        row.cells[1].textContent = '12,345,678'; row.cells[2].textContent = '+1,234 %';
        row.cells[row.cells.length - 1].textContent = '≤ −12.3 %'});
    return table.getBoundingClientRect().right - table.closest('.d-card').getBoundingClientRect().right"""


def test_the_fields_of_an_offer_stand_beside_each_other(browser: Browser) -> None:
    browser.dress("light", 1400)

    browser.open(f"/admin/billing/offer/{an_offer('50').pk}/change/")

    found = browser.run(BESIDE)
    browser.keep("offer-light-1400")
    assert len(found) >= 4
    assert max(found) < 2


@pytest.mark.parametrize("width", WIDTHS)
def test_an_estimate_names_the_whole_usage_that_was_chosen(browser: Browser, width: int) -> None:
    shop = Shop(since=clock() - DAY)
    account = shop.an_account()
    draft = drafting.draft_from(version=shop.table.versions.get())
    rows = [replace(row, dimensions={"model": "a-model-of-a-long-name-2026"}) for row in rows_of(draft)]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    publishing.publish(version=draft)
    code = quote(next(each.code for each in priced_for(account, clock())))
    browser.open(way_in(a_contact(account)))
    browser.find("button").click()

    browser.dress("light", width)
    browser.open(f"/my/{account.pk}/estimate/?usage_1={code}&quantity_1=2")

    browser.keep(f"estimate-long-light-{width}")
    assert not browser.run(CUT)
    assert browser.overflow() == 0


def test_large_figures_of_features_stay_in_their_card_on_a_telephone(browser: Browser) -> None:
    shop = Shop(since=clock() - 2 * DAY)
    account = shop.an_account(clock() - DAY)
    a_grant(account, "100", kind="purchase")
    shop.debit(account, "3")
    roll_up()
    browser.dress("light", 390)

    browser.open("/admin/usage/rollups/")

    beyond = browser.run(LARGE)
    browser.keep("popular-large-light-390")
    assert beyond <= 0
