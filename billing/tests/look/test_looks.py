"""What pages do in a real browser as somebody types, presses and waits."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from billing.queries.margins import worth_of
from billing.rules.margins import margin
from billing.tests.look.browser import Browser
from config.desk.templatetags.desk import share
from pricing.queries.versions import rows_of
from pricing.rules.costs import unit_cost
from pricing.rules.ratecsv import render
from pricing.rules.ratexlsx import from_csv
from pricing.rules.rows import RateRow
from pricing.services import catalogue, drafting
from pricing.tests.workbooks import workbook
from usage.models import Rehearsal
from usage.services import rehearsing
from usage.tests.made import DAY, Shop, a_grant, clock
from usage.tests.rehearsed import a_draft, times
from wallets.models import TokenUnit

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]

PASTE = """
    const data = new DataTransfer(); data.setData("text", arguments[1]);
    const cell = document.querySelector(`[name=${arguments[0]}]`); cell.focus();
    cell.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
"""
"""Pastes a text into the field of a name."""


class TestAccountPage:
    def test_keeps_the_open_tab_in_sight_on_a_telephone(self, browser: Browser) -> None:
        account = Shop().an_account()
        browser.dress("light", 390)

        browser.open(f"/admin/wallets/account/{account.pk}/change/?tab=history")

        box = "const box = document.querySelector('.d-tab[aria-current]').getBoundingClientRect(); "
        assert browser.run(box + "return box.left >= 0 && box.right <= window.innerWidth")


class TestPublishPage:
    def test_says_the_moment_chosen_on_its_button(self, browser: Browser) -> None:
        shop = Shop()
        draft = drafting.draft_from(version=shop.table.versions.get())
        browser.open(f"/admin/pricing/version/{draft.pk}/publish/")
        now = browser.find("[data-sentence]").text

        browser.find("[name=when][value=at]").click()
        script = "const f = document.querySelector('[name=effective_from]'); f.value = '2035-12-01T00:00'; "
        browser.run(script + "f.dispatchEvent(new Event('input', {bubbles: true}))")

        assert now == "Publish v2 for 0 accounts, effective now"
        assert browser.find("[data-sentence]").text == "Publish v2 for 0 accounts, effective 1 Dec 00:00 UTC"


class TestTermsPage:
    def test_asks_for_a_time_only_where_a_later_one_is_chosen(self, browser: Browser) -> None:
        shop = Shop()
        account, gold = shop.an_account(name="Acme"), shop.a_table(tokens="3")
        address = f"/admin/wallets/account/{account.pk}"
        is_there = "return document.querySelector('[name=effective_from]').offsetParent !== null"
        browser.dress("light", 1400)
        browser.open(f"{address}/terms/")

        before = browser.run(is_there)
        browser.find("[name=when][value=at]").click()
        after = browser.run(is_there)
        browser.run(
            "document.querySelector('[name=rate_table]').value = arguments[0];"
            "document.querySelector('[name=effective_from]').value = '2035-01-01T00:00';",
            gold.code,
        )
        browser.find("[name=reason]").type("Renewal")
        browser.keep("terms-scheduling-light-1400")
        browser.find("form.d-form button[type=submit]").click()
        time.sleep(1)
        browser.keep("terms-scheduled-light-1400")

        assert (before, after) == (False, True)
        assert "1 Jan 2035 00:00 UTC it pays by" in browser.find("[data-scheduled]").text


def _send(browser: Browser, file: Path) -> None:
    browser.find("[name=file]").type(str(file))
    browser.find("form.d-form button[type=submit]").click()
    time.sleep(1)


class TestImportPage:
    def test_shows_what_a_workbook_changes_and_then_makes_it_the_draft(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        shop = Shop()
        rows = [
            RateRow(shop.chat, Decimal("2.5"), per=Decimal(1000), name="=1+1"),
            RateRow(f"{shop.chat}.*", Decimal(3), dimensions={"model": "@large"}, name="'tis"),
        ]
        good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
        good.write_bytes(from_csv(render(rows)))
        bad.write_bytes(workbook(["feature", "tokens"], ["chat.*", True], ["image.*", "=1+1"]))
        address = f"/admin/pricing/ratetable/{shop.table.pk}/import/"

        browser.dress("dark", 390)
        browser.open(address)
        _send(browser, bad)
        faults = browser.texts(".d-note li")
        browser.keep("import-faults-dark-390")
        browser.dress("light", 1400)
        browser.open(address)
        _send(browser, good)
        browser.keep("import-dry-run-light-1400")
        browser.dress("light", 390)
        browser.keep("import-dry-run-light-390")
        overflow, complaints = browser.overflow(), browser.complaints()
        browser.find("[name=carry_out]").click()
        time.sleep(1)

        assert faults == [
            "B2, tokens: This is a truth value.",
            "B3, tokens: This is a formula; its value has to stand in its place.",
        ]
        assert (overflow, complaints) == (0, [])
        draft = rows_of(shop.table.versions.drafts().get())
        assert [(row.tokens, row.dimensions) for row in draft] == [
            (row.tokens, row.dimensions) for row in rows
        ]
        assert draft[1].name == "'tis"


class TestGrid:
    def test_takes_cells_from_a_spreadsheet_and_shows_what_they_were(self, browser: Browser) -> None:
        shop = Shop()
        draft = drafting.draft_from(version=shop.table.versions.get())
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        browser.run(PASTE, "rate-0-tokens", "2\t1000\n3\t1000\n")
        ghosts = browser.texts(".d-ghost")
        browser.find("#rates button[type=submit]").click()
        time.sleep(1)

        assert ghosts == ["1", "1", "1", "1"]
        assert [(int(rate.tokens), int(rate.per)) for rate in draft.rates.order_by("pk")] == [
            (2, 1000),
            (3, 1000),
        ]

    def test_shows_the_cell_that_one_comes_to_beside_the_margin_that_stays(self, browser: Browser) -> None:
        shop = Shop()
        draft = drafting.draft_from(version=shop.table.versions.get())
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        ends = """
            const box = document.querySelector(".d-gridbox"), cell = document.querySelector("[name=rate-0-cost]");
            box.style.width = `${cell.getBoundingClientRect().right - box.getBoundingClientRect().left + 4}px`;
            cell.focus();
            return [cell, cell.closest("tr").querySelector(".d-margin")].map((each) => each.getBoundingClientRect())
                .map((box, place) => place ? box.left : box.right);
        """
        cost, margin = browser.run(ends)

        assert cost <= margin

    def test_takes_a_table_with_its_heads_and_asks_before_it_is_lost(self, browser: Browser) -> None:
        shop = Shop()
        table = catalogue.create_table(code=f"heads-{uuid4().hex[:8]}", token=shop.table.token)
        draft = drafting.open_draft(table=table)
        browser.dress("light", 1400)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        asks = "return !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
        before = browser.run(asks)
        browser.run(
            PASTE,
            "rate-0-feature",
            f"Feature\tPer\tRounding\tNote\tPrice\n{shop.chat}\t1000\t\tcheap\t2\n{shop.image}\t1\tup\t\t3\n",
        )
        after = browser.run(asks)
        browser.find("#rates button[type=submit]").click()
        time.sleep(1)

        assert (before, after) == (False, True)
        assert [(row.feature, row.tokens, row.per, row.rounding) for row in rows_of(draft)] == [
            (shop.chat, 2, 1000, "half_up"),
            (shop.image, 3, 1, "up"),
        ]

    def test_reckons_margins_as_the_server_does_and_as_one_types(self, browser: Browser) -> None:
        unit = TokenUnit.objects.create(code=uuid4().hex[:16], name="Tests")
        shop = Shop(token=unit.code)
        bought = {"token": unit.code, "unit_cost": Decimal("0.02"), "currency": "USD"}
        a_grant(shop.an_account(), "100", kind="purchase", **bought)
        draft = drafting.draft_from(version=shop.table.versions.get())
        rows = [
            RateRow(shop.chat, Decimal(1), cost=Decimal("0.015")),
            RateRow(shop.image, Decimal(1), per=Decimal(3), cost=Decimal("0.015")),
            RateRow(shop.image, Decimal(1), dimensions={"cost": "unknown"}),
            RateRow(shop.image, Decimal(0), dimensions={"price": "none"}, cost=Decimal("0.015")),
            RateRow(
                shop.image,
                Decimal(1),
                dimensions={"currency": "strange"},
                cost=Decimal("0.015"),
                cost_currency="XTS",
            ),
        ]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        exact = [margin(row, worth_of(unit.code), unit_cost(row)) for row in rows]
        shown = [
            browser.run(
                "return Array.from(document.querySelectorAll('tbody [data-margin]')).map(c => c.title)"
            ),
            browser.texts("tbody [data-margin]"),
        ]
        typing = "const i = document.querySelector(arguments[0]); i.value = arguments[1]; "
        typing += "i.dispatchEvent(new Event('input', {bubbles: true}))"
        browser.run(typing, "[name=rate-0-cost]", "0.025")
        dearer = browser.texts("tbody [data-margin]")
        browser.run(typing, "[data-token-price]", "0.1")

        assert shown == [[each.why for each in exact], [share(each.share) for each in exact]]
        assert dearer == ["−25.0 %", "−125.0 %", "–", "–", "–"]
        assert browser.texts("tbody [data-margin]") == ["75.0 %", "55.0 %", "–", "–", "–"]
        assert browser.run("return document.querySelectorAll('tbody .d-loss').length") == 1

    def test_moves_by_enter_and_grows_at_its_end(self, browser: Browser) -> None:
        shop = Shop()
        draft = drafting.draft_from(version=shop.table.versions.get())
        browser.open(f"/admin/pricing/version/{draft.pk}/change/")

        for _ in range(2):
            browser.run("document.activeElement.blur()")
            browser.run("document.querySelector('[name=rate-1-tokens]').focus()")
            browser.run(
                "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
            )

        assert browser.run("return document.activeElement.name") == "rate-2-tokens"
        assert len(browser.driver.find_all("[data-grid] tbody tr")) == 3


class TestRehearsalPage:
    def test_moves_its_bar_and_shows_what_was_found(self, browser: Browser) -> None:
        shop = Shop(since=clock() - 40 * DAY)
        account = shop.an_account(clock() - 40 * DAY)
        a_grant(account, "100", now=clock() - 40 * DAY)
        shop.debit(account, "10", now=clock() - 5 * DAY)
        draft = a_draft(shop, times("2"))
        browser.dress("light", 1400)
        browser.open(f"/admin/usage/rehearsal/of/{draft.pk}/")

        browser.find("form.d-form button[type=submit]").click()
        time.sleep(1)
        asked = Rehearsal.objects.get(table=shop.table)
        Rehearsal.objects.filter(pk=asked.pk).update(state="running", lines_total=200, lines_done=50)
        time.sleep(2)
        told = browser.find("[data-progress-words]").text
        width = browser.run("return document.querySelector('[data-progress] > i').style.width")
        Rehearsal.objects.filter(pk=asked.pk).update(state="queued", lines_total=0, lines_done=0)
        rehearsing.work(asked.pk, 60)
        time.sleep(3)

        assert (told, width) == ("50 of 200 lines", "25%")
        assert browser.texts(".d-figure")[:2] == ["10", "20"]

    def test_asks_for_a_period_where_one_wants_another(self, browser: Browser) -> None:
        draft = a_draft(Shop(), times("2"))
        browser.open(f"/admin/usage/rehearsal/of/{draft.pk}/")
        is_shown = "return !document.querySelector('[name=since]').closest('.d-field').hidden"
        before = browser.run(is_shown)

        browser.find("[name=days][value=other]").click()

        assert (before, browser.run(is_shown)) == (False, True)
