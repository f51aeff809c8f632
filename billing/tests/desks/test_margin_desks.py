"""Margins at what models cost now: their page, prices made from costs, and what the other pages say of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client

from billing.queries import home
from billing.tests.desks.people import as_shown, at_the_desk_of, fields_of, said
from billing.tests.shelf import Shelf
from pricing.queries.versions import rows_of
from pricing.services import costing, drafting
from pricing.tests.costs import a_cost
from usage.tests.made import clock

pytestmark = pytest.mark.django_db

COSTS = "/admin/pricing/costrate/"


class TestReview:
    def test_lists_losses_with_the_price_that_mends_them(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")

        page = packaging.get(f"{COSTS}review/").content.decode()

        assert "−20.0 %" in page
        assert "was 60.0 %" in page
        assert '<span class="d-new-value">2,000</span>' in page

    def test_asks_for_another_margin(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="2.1e-06")

        page = packaging.get(f"{COSTS}review/?under=60&match=65&digits=3")

        assert [each.findings[0].proposed for each in page.context["review"].tables] == [Decimal(600)]

    @pytest.mark.parametrize(
        "query", ["under=x", "under=0&match=100&digits=4", "under=0&match=70&digits=0", "under=NaN"]
    )
    def test_takes_the_usual_where_a_margin_cannot_be_read(self, packaging: Client, query: str) -> None:
        page = packaging.get(f"{COSTS}review/?{query}")

        assert page.status_code == 200
        assert page.context["form"].errors
        assert page.context["target"].under == 0

    def test_drafts_the_prices_of_a_table(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")

        response = packaging.post(
            f"{COSTS}review/{shelf.table.pk}/", {"under": "0", "match": "70", "digits": "4"}
        )

        draft = shelf.table.versions.drafts().get()
        assert response.headers["Location"] == f"/admin/pricing/version/{draft.pk}/change/"
        assert [row.tokens for row in rows_of(draft)] == [2000, 900]
        assert said(response) == "v3 prices 1 rate anew. Nothing changes until it is published."

    def test_drafts_nothing_for_those_who_only_look(self) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")

        response = at_the_desk_of("Finance").post(
            f"{COSTS}review/{shelf.table.pk}/", {"under": "0", "match": "70", "digits": "4"}
        )

        assert response.status_code == 403
        assert not shelf.table.versions.drafts().exists()


class TestHome:
    def test_names_the_tables_whose_rates_lose_at_what_models_cost_now(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="6e-06")
        shelf.draft()

        page = packaging.get("/admin/").content.decode()

        assert home.attention(clock()).margins.rates == 1
        assert "1 rate costs more than it brings" in page
        assert f"{COSTS}review/" in page

    def test_says_nothing_while_none_does(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list()

        assert "more than it brings" not in packaging.get("/admin/").content.decode()


class TestPublish:
    def test_names_the_rates_that_lose_at_what_their_models_cost_now(self, packaging: Client) -> None:
        shelf = Shelf()
        draft = shelf.draft()
        shelf.list(small="6e-06")

        page = packaging.get(f"/admin/pricing/version/{draft.pk}/publish/")

        assert [(row.dimensions, each.share) for row, each in page.context["present_losses"]] == [
            ({"model": shelf.small}, Decimal("-0.2"))
        ]
        assert page.context["losses"] == []
        assert "1 rate would lose at what its model costs now, whatever cost it says" in page.content.decode()

    def test_names_a_loss_that_the_draft_says_itself_once(self, packaging: Client) -> None:
        shelf = Shelf()
        dear = [replace(row, cost=Decimal("0.000006")) for row in shelf.rows()[:1]]
        draft = drafting.replace_rates(draft=shelf.draft(), rows=dear, revision=None)
        shelf.list(small="6e-06")

        page = packaging.get(f"/admin/pricing/version/{draft.pk}/publish/")

        assert len(page.context["losses"]) == 1
        assert page.context["present_losses"] == []


class TestPricesFromCosts:
    def asked(self, shelf: Shelf, **more: str) -> dict[str, str]:
        features, models = f"input = {shelf.shop.chat}\noutput =", f"{shelf.small}, {shelf.large}"
        return {"table": shelf.table.code, "features": features, "models": models, "per": "1000000", **more}

    def test_are_shown_first_and_then_drafted_as_they_were_shown(self, packaging: Client) -> None:
        shelf = Shelf()
        shelf.publish()
        shelf.list(small="1e-06", large="3e-06")
        shown = packaging.post(
            f"{COSTS}prices/", self.asked(shelf, margin="50", digits="2", reason="New year")
        )
        costing.override(a_cost(shelf.small, "0.000009"), reason="Dearer meanwhile")

        assert not shelf.table.versions.drafts().exists()
        response = packaging.post(f"{COSTS}prices/", {**fields_of(shown), "carry_out": "1"})

        draft = shelf.table.versions.drafts().get()
        assert response.headers["Location"] == f"/admin/pricing/version/{draft.pk}/change/"
        assert [(row.dimensions["model"], row.tokens) for row in rows_of(draft)] == [
            (shelf.small, 200),
            (shelf.large, 600),
        ]
        assert draft.history.first().history_change_reason == "New year"

    def test_begin_with_the_features_that_have_a_component(self, packaging: Client) -> None:
        shelf = Shelf()

        shown = as_shown(packaging, f"{COSTS}prices/")

        assert f"input = {shelf.shop.chat}" in shown["features"].splitlines()

    @pytest.mark.parametrize(
        ("sent", "field", "why"),
        [
            ({}, "markup", "Give a markup or a margin, one of them."),
            ({"markup": "1.25", "margin": "70"}, "markup", "Give a markup or a margin, one of them."),
            ({"margin": "100"}, "margin", "A margin is less than 100 %."),
            ({"markup": "0"}, "markup", "This must be above 0."),
            ({"markup": "2", "per": "0"}, "per", "A price is per more than zero units."),
            (
                {"markup": "2", "features": "input"},
                "features",
                "“input” is not of the form component = feature.",
            ),
            (
                {"markup": "2", "features": "input ="},
                "features",
                "Say which feature at least one component is.",
            ),
            ({"markup": "2", "features": "input = a\ninput = b"}, "features", "input is there twice."),
            ({"markup": "2", "models": "nobody-sells-it"}, "__all__", "No cost in force is of these models"),
        ],
    )
    def test_are_refused_beside_the_form(
        self, packaging: Client, sent: dict[str, str], field: str, why: str
    ) -> None:
        shelf = Shelf()

        response = packaging.post(f"{COSTS}prices/", self.asked(shelf, **sent))

        assert why in response.context["form"].errors[field][0]
        assert not shelf.table.versions.drafts().exists()
