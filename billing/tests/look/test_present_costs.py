"""What a model costs now, in the grid while one types."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from billing.queries.margins import worth_of
from billing.rules.margins import margin
from billing.tests.look.browser import Browser
from billing.tests.shelf import Shelf
from config.desk.templatetags.desk import share
from pricing.queries.costs import unit_costs
from pricing.services import drafting
from usage.tests.made import clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

TYPE = """
    const input = document.querySelector(arguments[0]); input.value = arguments[1];
    input.dispatchEvent(new Event("input", {bubbles: true}));
"""
ROWS = "[data-grid] tbody tr:not(.d-gone)"
MARGINS = f"{ROWS} [data-margin]"


@pytest.fixture
def shelf(browser: Browser) -> Shelf:
    """A draft of two rates that say no cost, for models whose costs leave 20 % and 60 %, open in the browser."""
    shelf = Shelf()
    shelf.list(small="4e-06")
    rows = [replace(row, cost=None, cost_currency="") for row in shelf.rows()]
    draft = drafting.replace_rates(draft=drafting.open_draft(table=shelf.table), rows=rows, revision=None)
    browser.dress("light", 1400)
    browser.open(f"/admin/pricing/version/{draft.pk}/change/")
    return shelf


def placeholders(browser: Browser) -> list[str]:
    return list(
        browser.run(f"return [...document.querySelectorAll('{ROWS} [name$=-cost]')].map(i => i.placeholder)")
    )


class TestGrid:
    def test_reckons_margins_at_what_models_cost_as_the_server_does(
        self, browser: Browser, shelf: Shelf
    ) -> None:
        rows = [replace(row, cost=None, cost_currency="") for row in shelf.rows()]
        worth = worth_of(shelf.unit.code)
        exact = [margin(row, worth, cost) for row, cost in zip(rows, unit_costs(rows, clock()), strict=True)]

        titles = browser.run(f"return [...document.querySelectorAll('{MARGINS}')].map(c => c.title)")
        shown = browser.texts(MARGINS)
        browser.run(TYPE, "[name=rate-0-tokens]", "1000")
        dearer = browser.texts(MARGINS)
        browser.run(TYPE, "[name=rate-0-cost]", "0.000001")
        said = browser.texts(MARGINS)
        browser.run(TYPE, "[name=rate-0-cost]", "")
        browser.keep("present-costs-light-1400")

        assert (titles, shown) == ([each.why for each in exact], [share(each.share) for each in exact])
        assert placeholders(browser) == ["0.000004 USD", "0.0000036 USD"]
        assert (dearer, said) == (["60.0 %", "60.0 %"], ["90.0 %", "60.0 %"])
        assert browser.texts(MARGINS) == ["60.0 %", "60.0 %"]
        assert browser.complaints() == []

    def test_asks_what_a_model_costs_that_is_typed(self, browser: Browser, shelf: Shelf) -> None:
        browser.run(TYPE, "[name=rate-0-dimensions]", "model=nobody-sells-it")
        forgotten = (placeholders(browser), browser.texts(MARGINS))
        browser.run(TYPE, "[name=rate-0-dimensions]", f"model={shelf.large}")
        time.sleep(1.5)
        learnt = (placeholders(browser), browser.texts(MARGINS))
        browser.find("[data-add-row]").click()
        browser.run(TYPE, "[name=rate-4-feature]", shelf.shop.chat)
        browser.run(TYPE, "[name=rate-4-tokens]", "0.0009")
        browser.run(TYPE, "[name=rate-4-dimensions]", f"region=eu, model={shelf.small}")
        time.sleep(1.5)

        assert forgotten == (["", "0.0000036 USD"], ["–", "60.0 %"])
        assert learnt == (["0.0000036 USD"] * 2, ["28.0 %", "60.0 %"])
        assert placeholders(browser) == ["0.0000036 USD", "0.0000036 USD", "0.000004 USD"]
        assert browser.texts(MARGINS) == ["28.0 %", "60.0 %", "55.6 %"]
        assert browser.complaints() == []

    def test_matches_prices_to_what_models_cost(self, browser: Browser, shelf: Shelf) -> None:
        browser.run(
            "document.querySelectorAll('[data-pick]').forEach((box) => { box.checked = true; "
            "box.dispatchEvent(new Event('change', {bubbles: true})); })"
        )
        browser.run("document.querySelector('[data-margin-wanted]').value = '50'")

        browser.find("[data-match]").click()

        prices = browser.run(
            f"return [...document.querySelectorAll('{ROWS} [name$=-tokens]')].map(i => i.value)"
        )
        assert prices == ["800", "720"]
        assert browser.texts(MARGINS) == ["50.0 %", "50.0 %"]
