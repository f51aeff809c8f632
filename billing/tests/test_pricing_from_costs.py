"""A draft of prices made of costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from billing.errors import NothingToReprice
from billing.rules.cost_prices import FREE, Selection
from billing.services import pricing_from_costs
from billing.services.pricing_from_costs import PriceOrder
from billing.tests.shelf import Shelf
from config.kernel.errors import Conflict, InvalidRequest
from pricing.models import Feature, Product, Version
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import costing, drafting
from pricing.tests.costs import a_cost
from pricing.tests.prices import a_person
from usage.tests.made import clock, named
from wallets.models import TokenUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    shelf.publish()
    shelf.list(small="1e-06", large="3e-06")
    return shelf


def order(shelf: Shelf, **asked: object) -> PriceOrder:
    """Twice what the models of the shelf cost."""
    chosen = Selection({"input": shelf.shop.chat}, models=(shelf.small, shelf.large))
    return replace(PriceOrder(shelf.table, chosen, Fraction(2)), **asked)  # type: ignore[arg-type]


def drafted(asked: PriceOrder) -> Version:
    return pricing_from_costs.draft(asked, moment=clock())


class TestDraft:
    def test_prices_each_model_at_the_markup(self, shelf: Shelf) -> None:
        draft = drafted(order(shelf))

        assert [(row.dimensions["model"], row.tokens, row.per, row.cost) for row in rows_of(draft)] == [
            (shelf.small, 200, 1_000_000, Decimal("0.000001")),
            (shelf.large, 600, 1_000_000, Decimal("0.000003")),
        ]
        assert draft.is_draft

    def test_keeps_who_and_why(self, shelf: Shelf) -> None:
        mina = a_person()

        draft = pricing_from_costs.draft(order(shelf), moment=clock(), user=mina, reason="New year")

        last = Version.history.filter(id=draft.pk).latest()
        assert (last.history_user, last.history_change_reason) == (mina, "New year")

    def test_leaves_other_rates_of_the_table_unless_told_to_drop_them(self, shelf: Shelf) -> None:
        small = Selection({"input": shelf.shop.chat}, models=(shelf.small,))

        kept = rows_of(drafted(order(shelf, selection=small)))
        alone = rows_of(drafted(order(shelf, selection=small, is_alone=True)))

        assert [row.tokens for row in kept] == [200, 900]
        assert [row.tokens for row in alone] == [200]

    def test_leaves_tiers_and_formulas_of_other_rates_as_they_are(self, shelf: Shelf) -> None:
        draft = shelf.draft()
        image = shelf.shop.image
        others = [
            RateRow(
                image,
                Decimal(5),
                tier_mode="volume",
                tiers=(Tier(Decimal(100), Decimal(4), Decimal(1)),),
            ),
            RateRow(image, Decimal(0), dimensions={"size": "large"}, formula="ceil(quantity / 10) * 2"),
        ]
        drafting.replace_rates(draft=draft, rows=[*shelf.rows(), *others], revision=None)

        priced = rows_of(drafted(order(shelf)))

        assert [row.tokens for row in priced[:2]] == [200, 600]
        assert priced[2:] == others

    def test_goes_on_from_the_draft_that_is_there(self, shelf: Shelf) -> None:
        draft = shelf.draft()

        again = drafted(order(shelf, selection=Selection({"input": shelf.shop.chat}, models=(shelf.large,))))

        assert again.pk == draft.pk
        assert [row.tokens for row in rows_of(again)] == [500, 600]

    def test_makes_features_that_are_wanting_and_tells_which_cost_they_are(self, shelf: Shelf) -> None:
        feature = named("chat.output")
        costing.override(a_cost(shelf.small, "0.000004", component="output"), reason="Reckoned")
        wanted = Selection({"input": shelf.shop.chat, "output": feature}, models=(shelf.small,))

        draft = drafted(order(shelf, selection=wanted, product=shelf.shop.product.code))

        made = Feature.objects.get(code=feature)
        assert (made.product, made.unit, made.cost_component) == (shelf.shop.product, "token", "output")
        assert [(row.feature, row.tokens) for row in rows_of(draft)] == [
            (shelf.shop.chat, 200),
            (shelf.shop.chat, 900),
            (feature, 800),
        ]

    def test_reckons_with_another_price_of_a_token(self, shelf: Shelf) -> None:
        draft = drafted(order(shelf, token_price=Decimal("0.1")))

        assert [row.tokens for row in rows_of(draft)] == [20, 60]

    def test_reckons_with_the_costs_of_the_moment(self, shelf: Shelf) -> None:
        before = clock()
        costing.override(a_cost(shelf.small, "0.000009"), reason="Dearer")

        draft = pricing_from_costs.draft(order(shelf), moment=before)

        assert rows_of(draft)[0].tokens == 200

    def test_is_refused_where_these_prices_are_in_force_already(self, shelf: Shelf) -> None:
        wanted = order(shelf, markup=Fraction(5), token_price=Decimal("0.01"))
        costing.override(a_cost(shelf.small, "0.000002"), reason="As priced")
        costing.override(a_cost(shelf.large, "0.0000036"), reason="As priced")

        with pytest.raises(NothingToReprice, match="already"):
            drafted(replace(wanted, markup=Fraction(5, 2)))

        assert not shelf.table.versions.drafts().exists()


class TestRefusals:
    def refused(self, shelf: Shelf, kind: type[Exception], why: str, **asked: object) -> None:
        with pytest.raises(kind, match=why):
            pricing_from_costs.plan(order(shelf, **asked), moment=clock())
        with pytest.raises(kind, match=why):
            drafted(order(shelf, **asked))
        assert not shelf.table.versions.drafts().exists()

    def test_name_what_was_left_out_where_nothing_is_left(self, shelf: Shelf) -> None:
        costing.override(a_cost("gift", "0"), reason="Free")

        self.refused(
            shelf,
            NothingToReprice,
            f"1 {FREE}",
            selection=Selection({"input": shelf.shop.chat}, models=("gift",)),
        )

    def test_ask_what_a_token_is_worth_where_none_was_sold(self, shelf: Shelf) -> None:
        unsold = TokenUnit.objects.create(code=named("U")[:16], name="Never sold")
        table = shelf.shop.a_table(token=unsold.code)

        self.refused(shelf, InvalidRequest, "Say what a token is worth", table=table)

    def test_ask_for_the_product_of_a_new_feature(self, shelf: Shelf) -> None:
        wanted = Selection({"input": named("new")}, models=(shelf.small,))

        self.refused(shelf, InvalidRequest, "is new and needs a product", selection=wanted)

    def test_of_a_feature_that_is_another_component(self, shelf: Shelf) -> None:
        wanted = Selection({"output": shelf.shop.chat}, models=(shelf.small,))

        self.refused(shelf, Conflict, "costs what input does, not output", selection=wanted)

    def test_of_one_feature_for_two_components(self, shelf: Shelf) -> None:
        wanted = Selection({"input": shelf.shop.chat, "output": shelf.shop.chat})

        self.refused(shelf, InvalidRequest, "A feature is one component", selection=wanted)

    @pytest.mark.parametrize(
        ("features", "why"), [({}, "Say which feature"), ({"In put": "chat"}, "is written as")]
    )
    def test_of_components_that_are_none(self, shelf: Shelf, features: dict[str, str], why: str) -> None:
        product = Product.objects.get(pk=shelf.shop.product.pk).code

        self.refused(shelf, InvalidRequest, why, selection=Selection(features), product=product)


class TestPlan:
    def test_tells_the_difference_and_writes_nothing(self, shelf: Shelf) -> None:
        found = pricing_from_costs.plan(order(shelf), moment=clock())

        assert [(each.kind, each.dimensions["model"]) for each in found.plan.differences] == [
            ("changed", shelf.small),
            ("changed", shelf.large),
        ]
        assert found.token_price == Decimal("0.01")
        assert not shelf.table.versions.drafts().exists()
