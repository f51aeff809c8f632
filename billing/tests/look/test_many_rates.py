"""Many rates changed at once, with what changes beside the grid."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal

import pytest

from billing.tests.look.browser import Browser
from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting, publishing
from usage.tests.made import Shop, a_grant

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

PICK = """
    document.querySelectorAll("[data-pick]").forEach((box, place) => {
        box.checked = arguments[0].includes(place); box.dispatchEvent(new Event("change", {bubbles: true}));
    });
"""

WHERE = """
    const cell = document.querySelector(arguments[0]), place = cell.getBoundingClientRect();
    return [document.activeElement === cell, place.top > 0 && place.bottom < window.innerHeight];
"""


def a_draft(shop: Shop) -> Version:
    """Of three rates in force, by which ten units were charged."""
    tiers = (Tier(Decimal(100), Decimal("0.7")), Tier(Decimal(900), Decimal("0.07"), Decimal(10)))
    rows = [
        RateRow(shop.chat, Decimal("0.1"), tier_mode="volume", tiers=tiers),
        RateRow(shop.image, Decimal("0.000000000003")),
        RateRow(f"{shop.chat}.*", Decimal(4)),
    ]
    first = drafting.replace_rates(draft=drafting.open_draft(table=shop.table), rows=rows, revision=None)
    published = publishing.publish(version=first)
    customer = shop.an_account()
    a_grant(customer, "1000")
    shop.debit(customer, "10")
    return drafting.draft_from(version=published)


class TestBulk:
    def test_raises_chosen_prices_exactly_with_their_tiers_and_tells_it_at_the_side(
        self, browser: Browser
    ) -> None:
        shop = Shop()
        draft = a_draft(shop)
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        browser.run(PICK, [0, 1])
        browser.find("[data-raise]").click()
        browser.run(PICK, [2])
        browser.find("[data-drop]").click()
        time.sleep(0.5)
        counts = [browser.find(f"[data-count={kind}]").text for kind in ("changed", "new", "gone")]
        told, impact = browser.texts("[data-changes] div"), browser.find("[data-impact-said]").text
        browser.keep("many-rates-light-1400")
        complaints = browser.complaints()
        browser.find("#rates button[type=submit]").click()
        time.sleep(1)

        assert counts == ["1", "0", "1"]  # the smallest price there is can not rise by a tenth
        assert told[0].startswith("0.1 → 0.11 (+10 %)")
        assert impact == "1 → 1.1 tokens (+10 %)"
        assert complaints == []
        saved = rows_of(draft)
        assert [(row.feature, row.tokens) for row in saved] == [
            (shop.chat, Decimal("0.11")),
            (shop.image, Decimal("0.000000000003")),
        ]
        assert [tier.tokens for tier in saved[0].tiers] == [Decimal("0.77"), Decimal("0.077")]
        assert browser.texts("tr.d-gone [aria-label='Keep this row']") != []

    def test_matches_a_margin_with_prices_of_four_digits_and_leaves_tiers_alone(
        self, browser: Browser
    ) -> None:
        shop = Shop()
        costs = {"a": "0.00012341", "b": "1200", "c": "120000", "d": "123450", "e": "0.5", "f": "1500.2"}
        rows = [
            RateRow(
                shop.chat, Decimal(7), dimensions={"model": name}, cost=Decimal(cost), cost_currency="USD"
            )
            for name, cost in costs.items()
        ]
        tiered = replace(
            rows[0],
            feature=shop.image,
            dimensions={},
            tier_mode="volume",
            tiers=(Tier(Decimal(9), Decimal(1)),),
        )
        draft = drafting.open_draft(table=shop.table)
        drafting.replace_rates(draft=draft, rows=[*rows, tiered], revision=None)
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        browser.run(PICK, [*range(len(rows) + 1)])
        browser.run("document.querySelector('[data-token-price]').value = '1'")
        browser.run("document.querySelector('[data-margin-wanted]').value = '0'")
        browser.find("[data-match]").click()
        prices = browser.run(
            "return [...document.querySelectorAll('[data-grid] tr:not(.d-gone) [name$=-tokens]')]"
            ".map((each) => each.value)"
        )

        matched = ["0.0001235", "1200", "120000", "123500", "0.5", "1501"]
        assert [price for price in prices if price] == [*matched, "7"]
        assert browser.find("[data-bulk-said]").text.startswith("6 of 7 changed")

    def test_leads_to_the_cell_that_can_not_be_read(self, browser: Browser) -> None:
        shop = Shop()
        draft = drafting.draft_from(version=shop.table.versions.get())
        rows = [*rows_of(draft), *(RateRow(f"{shop.chat}.{place:03}.*", Decimal(1)) for place in range(60))]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        last = "[name=rate-61-tokens]"
        browser.run("document.querySelector(arguments[0]).value = '1,5'", last)
        browser.find("#rates button[type=submit]").click()
        time.sleep(1)

        assert "in row 62 can't be read" in browser.run("return document.body.innerText")
        assert browser.run(WHERE, last) == [True, True]
        browser.keep("many-rates-wrong-light-1400")
