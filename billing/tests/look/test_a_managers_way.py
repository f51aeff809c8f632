"""The whole way of a price in a real browser: drafted, rehearsed, approved by another, scheduled, withdrawn, undone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.tests.look.browser import Browser
from billing.tests.look.person import Person
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.models import Rehearsal
from usage.services import rehearsing
from usage.tests.made import DAY, Shop, a_grant, clock

pytestmark = [pytest.mark.look, pytest.mark.timeout(600)]


def a_table_in_use() -> Shop:
    """Three prices in force, and a customer who used two of them."""
    begun = clock() - 40 * DAY
    shop = Shop(since=begun)
    rows = [
        RateRow(shop.chat, Decimal(2)),
        RateRow(shop.image, Decimal(10)),
        RateRow(f"{shop.chat}.*", Decimal(5)),
    ]
    draft = drafting.replace_rates(draft=drafting.open_draft(table=shop.table), rows=rows, revision=None)
    publishing.publish(version=draft, moment=begun + DAY)
    customer = shop.an_account(begun, name="Acme")
    a_grant(customer, "1000", now=begun)
    shop.debit(customer, "10", now=clock() - 5 * DAY)
    return shop


def first_of_next_month() -> datetime:
    return (clock().replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC
    )


class TestWay:
    def test_of_three_raised_prices_from_the_table_in_force_and_back(
        self, browser: Browser, colleague: Browser
    ) -> None:
        shop, manager = a_table_in_use(), Person(browser)
        before = [row.tokens for row in rows_of(shop.table.versions.get(number=2))]
        browser.open(f"/admin/pricing/ratetable/{shop.table.pk}/change/")
        manager.press("New draft from v2")
        self.raises_all(manager)
        self.looks_who_is_hit(manager, shop)
        self.asks_and_is_approved(manager, Person(colleague), shop)
        self.schedules(manager, shop)
        self.withdraws(manager)
        self.publishes_now_and_undoes(manager, shop)

        assert [row.tokens for row in rows_of(shop.table.versions.get(number=5))] == before
        assert browser.complaints() == []

    def raises_all(self, manager: Person) -> None:
        manager.browser.run("document.querySelectorAll('[data-pick]').forEach(box => box.click())")
        manager.browser.find("[data-raise]").click()
        manager.press("Save the draft")
        manager.sees("3 changes")
        manager.browser.keep("way-1-draft")

    def looks_who_is_hit(self, manager: Person, shop: Shop) -> None:
        manager.press("Rehearse …")
        manager.press("Rehearse v3")
        rehearsing.work(Rehearsal.objects.get(table=shop.table).pk, 60)
        time.sleep(3)
        manager.browser.keep("way-2-rehearsal")
        assert manager.browser.texts(".d-figure")[:2] == ["20", "22"]
        manager.sees("Acme")

    def asks_and_is_approved(self, manager: Person, colleague: Person, shop: Shop) -> None:
        draft = shop.table.versions.get(number=3)
        manager.browser.open(f"/admin/pricing/version/{draft.pk}/change/")
        manager.press("Ask for approval …")
        manager.fill(note="Models cost more since October.")
        manager.press("Ask for approval of v3")
        manager.browser.keep("way-3-asked")
        colleague.browser.open("/admin/pricing/review/")
        colleague.browser.keep("way-4-inbox")
        colleague.press("Decide …")
        colleague.sees("Models cost more since October.")
        colleague.press("Approve v3")
        colleague.browser.keep("way-5-approved")

    def schedules(self, manager: Person, shop: Shop) -> None:
        draft, begins = shop.table.versions.get(number=3), first_of_next_month()
        manager.browser.open(f"/admin/pricing/version/{draft.pk}/change/")
        manager.sees("approved it")
        manager.press("Publish …")
        manager.browser.find("[name=when][value=at]").click()
        manager.fill(effective_from=f"{begins:%Y-%m-%dT%H:%M}", reason="Prices of the season.")
        manager.browser.keep("way-6-publish")
        manager.press("Publish v3 for 1 account")
        draft.refresh_from_db()
        assert draft.effective_from == begins

    def withdraws(self, manager: Person) -> None:
        manager.press("Withdraw …")
        manager.fill(reason="The board wants to wait.")
        manager.press("Withdraw v3")
        manager.browser.keep("way-7-withdrawn")
        manager.sees("withdrawn")

    def publishes_now_and_undoes(self, manager: Person, shop: Shop) -> None:
        manager.press("New draft from this")
        manager.press("Publish …")
        manager.fill(reason="It need not wait after all.")
        manager.press("Publish v4 for 1 account")
        live = shop.table.versions.get(number=4)
        assert live.published_at is not None
        manager.browser.open(f"/admin/pricing/version/{live.pk}/change/")
        manager.press("More")
        manager.press("Undo (publishes v2 again as v5)")
        manager.fill(reason="Too dear for the season.")
        manager.browser.keep("way-8-undo")
        manager.press("Publish v2 again as v5")
        manager.browser.keep("way-9-undone")
