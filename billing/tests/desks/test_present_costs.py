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

from billing.services import price_lists
from billing.tests.desks.people import a_member, text_of
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
