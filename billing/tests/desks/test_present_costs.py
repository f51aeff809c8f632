"""What a model costs now, wherever a margin guards a price that says no cost itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.admin import rate_grid
from billing.admin.rate_grid import kept
from billing.services import price_lists
from billing.tests.desks.people import a_member, at_the_desk_of, text_of
from billing.tests.shelf import Shelf
from pricing.errors import ReviewNeeded
from pricing.models import ReviewRule, Version
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import drafting, reviewing
from pricing.tests.prices import row as a_rate
from usage.tests.made import DAY, clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    """Two models at a cost that leaves 20 % of one price and 60 % of the other."""
    shelf = Shelf()
    shelf.list(small="4e-06")
    return shelf


def unsaid(rows: Sequence[RateRow]) -> list[RateRow]:
    """The rows without a cost of their own."""
    return [replace(row, cost=None, cost_currency="") for row in rows]


def a_draft(shelf: Shelf, rows: Sequence[RateRow]) -> Version:
    draft = drafting.open_draft(table=shelf.table)
    return drafting.replace_rates(draft=draft, rows=rows, revision=None)


def source(shelf: Shelf) -> str:
    return f"the cost of {shelf.small} input at openai"


class TestGrid:
    def page(self, client: Client, draft: Version) -> Any:
        return client.get(f"/admin/pricing/version/{draft.pk}/change/")

    def test_weighs_a_row_at_what_its_model_costs(self, packaging: Client, shelf: Shelf) -> None:
        page = self.page(packaging, a_draft(shelf, unsaid(shelf.rows())))

        small, large = (line.margin for line in kept(page.context["grid"]))
        assert (small.share, large.share) == (Decimal("0.2"), Decimal("0.6"))
        assert small.why == f"A unit brings 0.000005 and costs 0.000004 USD, {source(shelf)}."

    def test_weighs_a_row_at_the_cost_it_says(self, packaging: Client, shelf: Shelf) -> None:
        page = self.page(packaging, a_draft(shelf, shelf.rows()))

        assert [line.margin.share for line in kept(page.context["grid"])] == [Decimal("0.6"), Decimal("0.6")]

    def test_shows_the_figure_in_place_of_one_with_its_source(self, packaging: Client, shelf: Shelf) -> None:
        page = text_of(self.page(packaging, a_draft(shelf, unsaid(shelf.rows()))))

        assert f'placeholder="0.000004 USD" title="Where this is empty: {source(shelf)}, now"' in page
        assert f'data-known="0.000004" data-known-currency="USD" data-known-title="{source(shelf)}"' in page

    def test_shows_it_beside_cells_that_cannot_be_read(self, packaging: Client, shelf: Shelf) -> None:
        draft = a_draft(shelf, unsaid(shelf.rows()))
        sent = {
            f"rate-{line.place}-{name}": text
            for line in rate_grid.shown(unsaid(shelf.rows()), [])
            for name, text in line.cells.items()
        }

        response = packaging.post(
            f"/admin/pricing/version/{draft.pk}/change/",
            {**sent, "rate-0-tokens": "many", "revision": draft.revision},
        )

        (small, large) = kept(response.context["grid"])
        assert (set(small.errors), small.margin) == ({"tokens"}, None)
        assert (small.known.cost, large.known.cost) == (Decimal("0.000004"), Decimal("0.0000036"))

    def test_asks_as_often_for_many_rows_as_for_two(self, packaging: Client, shelf: Shelf) -> None:
        rows = unsaid(shelf.rows())
        draft = a_draft(shelf, rows)
        self.page(packaging, draft)
        with CaptureQueriesContext(connection) as for_two:
            self.page(packaging, draft)
        many = [replace(rows[0], dimensions={**rows[0].dimensions, "region": str(n)}) for n in range(200)]
        drafting.replace_rates(draft=draft, rows=many, revision=None)

        with CaptureQueriesContext(connection) as for_many:
            self.page(packaging, draft)

        assert len(for_many) == len(for_two)


class TestModelCosts:
    """While one types, the page asks what the models cost that its rows now name."""

    def asked(self, client: Client, draft: Version, **cells: str) -> Any:
        return client.post(f"/admin/pricing/version/{draft.pk}/costs/", cells)

    def test_are_told_by_place(self, packaging: Client, shelf: Shelf) -> None:
        draft = a_draft(shelf, [])

        told = self.asked(
            packaging,
            draft,
            **{
                "rate-7-feature": shelf.shop.chat,
                "rate-7-dimensions": f" region=eu, model={shelf.small}",
                "rate-8-feature": f"{shelf.shop.chat}*",
                "rate-8-dimensions": f"model={shelf.small}",
                "rate-9-feature": shelf.shop.chat,
                "rate-9-dimensions": "model",
            },
        )

        assert told.json() == {
            "7": {"cost": "0.000004", "currency": "USD", "title": source(shelf)},
            "8": None,
            "9": None,
        }

    def test_are_asked_in_one_question_for_no_more_rows_than_a_grid_carries(
        self, packaging: Client, shelf: Shelf
    ) -> None:
        draft = a_draft(shelf, [])
        cells = {
            f"rate-{place}-{name}": text
            for place in range(501)
            for name, text in {"feature": shelf.shop.chat, "dimensions": f"model={shelf.small}"}.items()
        }
        self.asked(packaging, draft)

        with CaptureQueriesContext(connection) as queries:
            told = self.asked(packaging, draft, **cells).json()

        assert len(told) == 500
        assert sum("pricing_costrate" in each["sql"] for each in queries) == 1

    @pytest.mark.parametrize("group", ["Sales", "Finance", "Support", "Auditor"])
    def test_are_for_those_who_edit_the_draft(self, shelf: Shelf, group: str) -> None:
        assert self.asked(at_the_desk_of(group), a_draft(shelf, [])).status_code == 403


class TestList:
    def test_shows_the_figure_and_the_margin_it_leaves(self, finance: Client, shelf: Shelf) -> None:
        draft = a_draft(shelf, unsaid(shelf.rows()))

        page = finance.get(f"/admin/pricing/version/{draft.pk}/change/")

        assert [each.share for _, _, each in page.context["rows"]] == [Decimal("0.2"), Decimal("0.6")]
        assert f'title="The rate says none: {source(shelf)}, now">0.000004 USD</span>' in text_of(page)

    def test_keeps_it_from_those_who_may_not_see_costs(self, shelf: Shelf) -> None:
        draft = a_draft(shelf, unsaid(shelf.rows()))

        page = at_the_desk_of("Sales").get(f"/admin/pricing/version/{draft.pk}/change/")

        assert [each.why for _, _, each in page.context["rows"]] == ["No cost is written."] * 2
        assert "0.000004" not in text_of(page)


class TestPublishPage:
    def page(self, client: Client, draft: Version) -> Any:
        return client.get(f"/admin/pricing/version/{draft.pk}/publish/")

    def test_names_a_loss_at_what_a_model_costs_once(self, packaging: Client, shelf: Shelf) -> None:
        shelf.list(small="6e-06")

        page = self.page(packaging, a_draft(shelf, unsaid(shelf.rows())))

        assert [(row.dimensions, each.share) for row, each in page.context["losses"]] == [
            ({"model": shelf.small}, Decimal("-0.2"))
        ]
        assert page.context["present_losses"] == []
        assert "1 rate costs more than it brings" in text_of(page)

    def test_warns_of_what_is_free_and_whose_model_costs_us(self, packaging: Client, shelf: Shelf) -> None:
        (small, _) = unsaid(shelf.rows())
        draft = a_draft(shelf, [replace(small, tokens=Decimal(0))])

        page = self.page(packaging, draft)

        detail = f"{small.title} is free and costs us 0.000004 USD a unit, {source(shelf)}."
        assert detail in [each.detail for each in page.context["preview"].verdict.warnings]
        published = price_lists.publish(version=draft)
        assert detail in [each["detail"] for each in published.warnings]

    def test_asks_as_often_for_many_rows_as_for_two(self, packaging: Client, shelf: Shelf) -> None:
        ReviewRule.objects.create(kind="margin", share=10, table=shelf.table)
        rows = unsaid(shelf.rows())
        draft = a_draft(shelf, rows)
        self.page(packaging, draft)
        with CaptureQueriesContext(connection) as for_two:
            self.page(packaging, draft)
        many = [replace(rows[0], dimensions={**rows[0].dimensions, "region": str(n)}) for n in range(200)]
        drafting.replace_rates(draft=draft, rows=many, revision=None)

        with CaptureQueriesContext(connection) as for_many:
            self.page(packaging, draft)

        assert len(for_many) == len(for_two)


class TestRule:
    """A second person where less than 30 % of a price is left."""

    @pytest.fixture(autouse=True)
    def _rule(self, shelf: Shelf) -> None:
        ReviewRule.objects.create(kind="margin", share=30, table=shelf.table)

    def reasons(self, draft: Version, **options: Any) -> list[str]:
        with pytest.raises(ReviewNeeded) as refusal:
            price_lists.publish(version=draft, **options)
        return [each.detail for each in refusal.value.errors]

    def test_counts_what_a_model_costs(self, packaging: Client, shelf: Shelf) -> None:
        draft = a_draft(shelf, unsaid(shelf.rows()))

        reasons = self.reasons(draft)

        assert reasons == [
            f"{shelf.rows()[0].title} leaves 20 %, under 30 %. "
            f"A unit brings 0.000005 and costs 0.000004 USD, {source(shelf)}."
        ]
        page = packaging.get(f"/admin/pricing/version/{draft.pk}/publish/")
        assert [each.detail for each in page.context["reasons"]] == reasons

    def test_goes_by_the_cost_that_the_draft_says(self, shelf: Shelf) -> None:
        published = price_lists.publish(version=a_draft(shelf, shelf.rows()))

        assert published.needs_review is False

    def test_goes_by_what_models_cost_when_the_prices_begin(self, shelf: Shelf) -> None:
        until = clock() + 10 * DAY
        shelf.list(small="1e-06", since=until)
        draft = a_draft(shelf, unsaid(shelf.rows()))

        assert len(self.reasons(draft, effective_from=until - DAY)) == 1
        assert price_lists.publish(version=draft, effective_from=until).needs_review is False

    def test_lets_an_approval_hold_though_models_cost_more_since(self, shelf: Shelf) -> None:
        draft = a_draft(shelf, unsaid(shelf.rows()))
        reviewing.approve(review=reviewing.ask(draft=draft), user=a_member("Finance"))
        shelf.list(small="9e-06")

        assert price_lists.publish(version=draft).needs_review is True

    @pytest.mark.parametrize("cost", [None, Decimal("0.000004")])
    def test_judges_tiers_and_formulas_alike_wherever_the_cost_stands(
        self, shelf: Shelf, cost: Decimal | None
    ) -> None:
        (small, _) = unsaid(shelf.rows())
        tiers = (Tier(Decimal(9), Decimal(100), Decimal(1_000_000)),)
        tiered = replace(small, tier_mode="volume", tiers=tiers, cost=cost)
        formula = replace(a_rate(small.feature, 0), dimensions={"model": shelf.small, "way": "formula"})
        formula = replace(formula, formula="quantity * 2", cost=cost)

        reasons = self.reasons(a_draft(shelf, [tiered, formula]))

        assert [each.split(". ")[0] for each in reasons] == [
            f"{tiered.title} leaves -300 %, under 30 %",
            f"The margin of {formula.title} and others alike can't be reckoned",
        ]
