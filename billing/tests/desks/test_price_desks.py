"""Price lists at their desks: drafts, publishing, undo, files, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from billing.admin.rate_grid import kept
from billing.tests.desks.people import said, text_of
from billing.tests.desks.versions import cells, page_of
from config.desk.refusals import refusal_of
from pricing.models import Rate, RateTable, Version
from pricing.queries.versions import rows_of
from pricing.services import drafting
from usage.models import DefaultTerms
from usage.tests.made import Shop, a_grant, named
from wallets.models import TokenUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def draft(shop: Shop) -> Version:
    return drafting.draft_from(version=shop.table.versions.get())


class TestRateTables:
    def test_make_the_first_one_the_default(self, packaging: Client) -> None:
        packaging.post(
            "/admin/pricing/ratetable/add/", {"code": "standard", "name": "Standard", "token": "AIT"}
        )

        table = RateTable.objects.get(code="standard")
        assert DefaultTerms.objects.get().table == table
        assert table.history.get().history_user.get_username() == "packaging"

    def test_keep_their_code_and_unit(self, packaging: Client, shop: Shop) -> None:
        sent = {"code": "other", "name": "Renamed", "token": "XXX", "change_reason": "Nicer"}
        packaging.post(f"/admin/pricing/ratetable/{shop.table.pk}/edit/", sent)

        table = RateTable.objects.get(pk=shop.table.pk)
        assert (table.name, table.code, table.token) == ("Renamed", shop.table.code, "AIT")
        assert table.history.first().history_change_reason == "Nicer"

    def test_show_a_dash_in_their_history_where_nobody_said_why(self, packaging: Client, shop: Shop) -> None:
        packaging.post(f"/admin/pricing/ratetable/{shop.table.pk}/edit/", {"name": "Renamed"})

        page = packaging.get(f"/admin/pricing/ratetable/{shop.table.pk}/history/")

        assert [record.history_change_reason for record in page.context["page_obj"]] == ["–", "–"]
        told = text_of(page)
        assert "Who changed it, when and why" in told
        assert ("Choose a date" in told, told.count("<td>packaging</td>")) == (False, 1)

    def test_become_the_default_with_a_reason(self, packaging: Client, shop: Shop) -> None:
        packaging.post(f"/admin/pricing/ratetable/{shop.table.pk}/default/", {"reason": "New year"})

        default = DefaultTerms.objects.get()
        assert (default.table, default.set_by, default.reason) == (shop.table, "packaging", "New year")


class TestDraft:
    def test_begins_with_the_rates_of_the_version_it_is_made_from(
        self, packaging: Client, shop: Shop
    ) -> None:
        live = shop.table.versions.get()

        packaging.post(f"/admin/pricing/ratetable/{shop.table.pk}/draft/", {"from": live.pk})

        draft = shop.table.versions.drafts().get()
        assert (draft.number, rows_of(draft)) == (2, rows_of(live))

    def test_is_made_once(self, packaging: Client, shop: Shop, draft: Version) -> None:
        response = packaging.post(f"/admin/pricing/ratetable/{shop.table.pk}/draft/", {})

        assert said(response) == "v2 is a draft already."
        assert shop.table.versions.count() == 2

    def test_saves_the_grid_with_user_and_reason(self, packaging: Client, shop: Shop, draft: Version) -> None:
        rows = [
            {"feature": shop.chat, "tokens": "2.5", "per": "1000", "rounding": "half_up"},
            {"feature": shop.chat, "dimensions": "model=small, region=eu", "tokens": "1", "rounding": "up"},
            {"feature": "", "tokens": ""},
        ]
        packaging.post(f"{page_of(draft)}change/", cells(draft, *rows))

        saved = [
            (rate.feature, rate.dimensions, str(rate.tokens.normalize()))
            for rate in draft.rates.order_by("pk")
        ]
        assert saved == [(shop.chat, {}, "2.5"), (shop.chat, {"model": "small", "region": "eu"}, "1")]
        last = Version.history.filter(id=draft.pk).latest()
        assert (last.history_user.get_username(), last.history_change_reason) == ("packaging", "Round prices")

    def test_marks_cells_that_cannot_be_read_and_saves_nothing(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        before = rows_of(draft)

        rows = [{"feature": shop.chat, "tokens": "1_000", "rounding": "half_up"}]
        response = packaging.post(f"{page_of(draft)}change/", cells(draft, *rows))

        assert response.context["grid"][0].errors == {"tokens": "This is not a decimal number."}
        assert b"1_000" in response.content
        assert rows_of(draft) == before

    def test_refuses_a_stale_save_and_says_who_was_there(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        drafting.replace_rates(draft=draft, rows=rows_of(draft), revision=0)

        row = {"feature": shop.chat, "tokens": "9", "rounding": "half_up"}
        response = packaging.post(f"{page_of(draft)}change/", cells(draft, row))

        assert "edited v2 meanwhile" in said(response)
        assert not Rate.objects.filter(version=draft, tokens=9).exists()

    def test_shows_what_our_cost_leaves_of_each_price(self, packaging: Client) -> None:
        unit = TokenUnit.objects.create(code=named("T")[:16], name="Sold once")
        shop = Shop(token=unit.code)
        bought = {"token": unit.code, "unit_cost": Decimal("0.02"), "currency": "USD"}
        a_grant(shop.an_account(), "200", kind="purchase", **bought)
        draft = drafting.draft_from(version=shop.table.versions.get())
        row = {"feature": shop.chat, "tokens": "1", "rounding": "half_up", "cost": "0.025"}
        packaging.post(f"{page_of(draft)}change/", cells(draft, row))

        page = packaging.get(f"{page_of(draft)}change/")

        (line,) = kept(page.context["grid"])
        assert line.margin.share == Decimal("-0.25")
        assert 'data-token-price value="0.02"' in page.content.decode()
        assert '<td class="d-num d-margin d-loss" data-margin' in page.content.decode()

    def test_shows_no_margin_where_no_token_was_sold(self, packaging: Client) -> None:
        unit = TokenUnit.objects.create(code=named("T")[:16], name="Never sold")
        unsold = Shop(token=unit.code)

        page = packaging.get(f"{page_of(unsold.table.versions.get())}change/").content.decode()

        assert f"No {unit.code} was ever sold at a known price. So no margin can be told." in page

    def test_goes_when_it_is_thrown_away(self, packaging: Client, shop: Shop, draft: Version) -> None:
        packaging.post(f"{page_of(draft)}discard/")

        assert not shop.table.versions.drafts().exists()


class TestPublish:
    def test_says_the_whole_sentence_on_its_button(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        shop.an_account()
        shop.an_account()

        page = packaging.get(f"{page_of(draft)}publish/").content.decode()

        assert "Publish v2 for 2 accounts, effective now" in page

    def test_names_the_rates_that_cost_more_than_they_bring(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        a_grant(shop.an_account(), "200", kind="purchase", unit_cost=Decimal("0.02"), currency="USD")
        row = {"feature": shop.chat, "tokens": "1", "rounding": "half_up", "cost": "1000"}
        packaging.post(f"{page_of(draft)}change/", cells(draft, row))

        page = packaging.get(f"{page_of(draft)}publish/").content.decode()

        assert "1 rate costs more than it brings at" in page
        assert f">{shop.chat} −" in page

    def test_shows_a_new_price_of_nothing(self, packaging: Client, shop: Shop, draft: Version) -> None:
        row = {"feature": shop.chat, "dimensions": "model=free", "tokens": "0", "rounding": "half_up"}
        packaging.post(f"{page_of(draft)}change/", cells(draft, row))

        page = packaging.get(f"{page_of(draft)}publish/").content.decode()

        assert '<span class="d-new-value">0</span>' in page

    def test_puts_the_draft_into_force_and_keeps_the_reason(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        sent = {"when": "now", "reason": "Winter prices", "revision": draft.revision}
        response = packaging.post(f"{page_of(draft)}publish/", sent)

        draft.refresh_from_db()
        assert (draft.is_draft, draft.reason, draft.published_by.get_username()) == (
            False,
            "Winter prices",
            "packaging",
        )
        assert said(response) == f"{shop.table} v2 is in force."

    def test_waits_until_the_moment_chosen(self, packaging: Client, draft: Version) -> None:
        sent = {
            "when": "at",
            "effective_from": "2035-12-01T00:00",
            "reason": "Later",
            "revision": draft.revision,
        }
        packaging.post(f"{page_of(draft)}publish/", sent)

        draft.refresh_from_db()
        assert f"{draft.effective_from:%Y-%m-%d %H:%M %Z}" == "2035-12-01 00:00 UTC"

    def test_refuses_the_past_beside_the_form(self, packaging: Client, draft: Version) -> None:
        sent = {
            "when": "at",
            "effective_from": "2020-12-01T00:00",
            "reason": "Earlier",
            "revision": draft.revision,
        }
        response = packaging.post(f"{page_of(draft)}publish/", sent)

        assert response.context["form"].non_field_errors() == ["A version starts now or later."]
        draft.refresh_from_db()
        assert draft.is_draft

    def test_refuses_a_draft_that_changed_since_the_page_was_shown(
        self, packaging: Client, draft: Version
    ) -> None:
        drafting.replace_rates(draft=draft, rows=rows_of(draft), revision=0)

        sent = {"when": "now", "reason": "Winter", "revision": 0}
        response = packaging.post(f"{page_of(draft)}publish/", sent)

        assert "meanwhile" in response.context["form"].non_field_errors()[0]
        draft.refresh_from_db()
        assert draft.is_draft

    def test_is_undone_by_publishing_the_former_version_again(
        self, packaging: Client, shop: Shop, draft: Version
    ) -> None:
        row = {"feature": shop.chat, "tokens": "7", "rounding": "half_up"}
        packaging.post(f"{page_of(draft)}change/", cells(draft, row))
        packaging.post(f"{page_of(draft)}publish/", {"when": "now", "reason": "Dearer", "revision": 1})

        assert "again as v3" in packaging.get(f"{page_of(draft)}undo/").content.decode()
        packaging.post(f"{page_of(draft)}undo/", {"reason": "Too dear"})

        restored = shop.table.versions.get(number=3)
        assert restored.restores == shop.table.versions.get(number=1)
        assert rows_of(restored) == rows_of(restored.restores)


class TestPublished:
    def test_versions_show_no_grid_and_take_none(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()
        before = rows_of(live)

        page = packaging.get(f"{page_of(live)}change/").content.decode()
        response = packaging.post(
            f"{page_of(live)}change/", cells(live, {"feature": shop.chat, "tokens": "9"})
        )

        assert "data-add-row" not in page
        assert "published and never changes" in said(response)
        assert rows_of(live) == before

    def test_versions_cannot_be_reverted_from_history(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()
        record = Version.history.filter(id=live.pk).earliest()

        past = packaging.get(f"{page_of(live)}history/{record.history_id}/")
        response = packaging.post(f"{page_of(live)}history/{record.history_id}/", {"note": "rewritten"})

        assert past.status_code == 200
        assert b"Revert" not in past.content
        assert b"As it was saved" in past.content
        assert all(field.disabled for field in past.context["adminform"].form.fields.values())
        assert response.status_code == 403
        assert packaging.get(f"{page_of(live)}history/last-week/").status_code == 404

    def test_rates_are_guarded_with_a_sentence_people_can_read(self, shop: Shop) -> None:
        with pytest.raises(IntegrityError) as fault, transaction.atomic():
            Rate.objects.update(tokens=99)

        assert refusal_of(fault.value).detail == "The rates of a published version never change."
