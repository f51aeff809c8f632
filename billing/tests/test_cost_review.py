"""Which rates lose at what their models cost now, and the draft that mends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.errors import NothingToReprice
from billing.queries.cost_review import Target, review_margins
from billing.services import repricing
from billing.tests.shelf import WATER, Shelf, findings
from pricing.models import Version
from pricing.queries.versions import rows_of
from pricing.rules.costs import CostKey
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import costing, drafting
from pricing.tests.costs import a_cost, a_list, imported
from pricing.tests.prices import a_person
from usage.tests.made import DAY, Shop, clock, named
from wallets.models import Currency, TokenUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


class TestReview:
    def test_finds_nothing_while_every_rate_brings_what_it_costs(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list()

        assert shelf.found() == []

    def test_finds_the_rate_that_a_new_list_puts_under_water(self, shelf: Shelf) -> None:
        live = shelf.publish()
        shelf.list()
        shelf.list(small="6e-06")

        (found,) = shelf.found()

        assert (found.version, found.row) == (live, shelf.rows()[0])
        assert found.cost.cost == Decimal("0.000006")
        assert (found.present.share, found.former.share) == (Decimal("-0.2"), Decimal("0.6"))
        assert found.proposed == 2000
        assert found.is_news

    def test_goes_by_the_cost_that_a_rate_says_where_nobody_told_its_models(self, shelf: Shelf) -> None:
        live = shelf.publish()
        sixty = shelf.found(Target(under=Decimal("0.61")))
        shelf.list(small="6e-06")

        told = {each.row.dimensions["model"]: each for each in shelf.found(Target(under=Decimal("0.61")))}

        assert [(each.version, each.goes_by, each.present.share) for each in sixty] == [
            (live, "the cost that the rate says", Decimal("0.6"))
        ] * 2
        assert [each.cost.cost for each in sixty] == [each.row.cost for each in sixty]
        assert {each.is_news for each in sixty} == {False}
        assert told[shelf.small].cost.cost == Decimal("0.000006")
        assert told[shelf.small].goes_by.startswith(f"the cost of {shelf.small}")

    def test_weighs_a_cost_of_its_own_in_the_currency_that_it_says(self, shelf: Shelf) -> None:
        Currency.objects.update_or_create(code="SEK", defaults={"reporting_rate": Decimal("0.1")})
        rows = [
            replace(shelf.rows()[0], cost=Decimal("0.00004"), cost_currency="SEK"),
            replace(shelf.rows()[1], cost=Decimal("0.00004"), cost_currency=""),
        ]
        draft = drafting.replace_rates(draft=drafting.open_draft(table=shelf.table), rows=rows, revision=None)

        found = shelf.found()

        assert [(each.version, each.row.cost_currency, each.is_news) for each in found] == [
            (draft, "", False)
        ]

    def test_finds_what_is_under_the_margin_asked_for(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list(small="2.1e-06")

        half = shelf.found(Target(under=Decimal("0.5")))
        sixty = shelf.found(Target(under=Decimal("0.6"), match=Decimal("0.65"), digits=None))

        assert half == []
        assert [(each.row.dimensions, each.present.share, each.proposed) for each in sixty] == [
            ({"model": shelf.small}, Decimal("0.58"), Decimal(600))
        ]

    def test_names_the_worst_first(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list(small="6e-06", large="20e-06")

        assert [each.row.dimensions["model"] for each in shelf.found()] == [shelf.large, shelf.small]

    def test_looks_at_versions_in_force_scheduled_and_in_draft_alone(self, shelf: Shelf) -> None:
        shelf.publish()
        live = shelf.publish()
        scheduled = shelf.publish(since=clock() + DAY)
        draft = shelf.draft()
        shelf.list(small="6e-06")

        assert {each.version for each in shelf.found()} == {live, scheduled, draft}
        without = findings(review_margins(clock(), WATER, with_drafts=False), shelf.table)
        assert {each.version for each in without} == {live, scheduled}

    def test_believes_what_people_wrote_until_they_withdraw_it(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list(small="6e-06")
        costing.override(a_cost(shelf.small, "0.000002"), reason="Our contract")
        asked_before = shelf.found()

        costing.withdraw(CostKey(shelf.small, "input"), reason="It ended")

        assert asked_before == []
        assert len(shelf.found()) == 1

    def test_asks_about_an_instant(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list()
        later = clock() + DAY
        costing.override(a_cost(shelf.small, "0.000009"), reason="From tomorrow", effective_from=later)

        assert shelf.found() == []
        assert len(shelf.found(moment=later)) == 1

    def test_passes_over_what_is_given_away_and_what_has_no_known_cost(self, shelf: Shelf) -> None:
        draft = shelf.draft()
        gift = RateRow(shelf.shop.chat, Decimal(0), dimensions={"model": shelf.small})
        unknown = RateRow(shelf.shop.chat, Decimal(1), dimensions={"model": "nobody-knows"})
        drafting.replace_rates(draft=draft, rows=[gift, unknown], revision=None)
        shelf.list(small="6e-06")

        assert shelf.found() == []

    def test_says_which_tables_it_cannot_weigh(self, shelf: Shelf) -> None:
        unsold = TokenUnit.objects.create(code=named("U")[:16], name="Never sold")
        other = Shop(token=unsold.code)
        shelf.list()

        found = review_margins(clock(), WATER)

        assert [(table, worth.unknown) for table, worth in found.unweighed if table == other.table] == [
            (other.table, f"No {unsold.code} was ever sold at a known price.")
        ]

    def test_tells_models_that_their_provider_withdraws_soon(self, shelf: Shelf) -> None:
        shelf.publish()
        today = clock().date()
        soon, late = today + timedelta(days=60), today + timedelta(days=120)
        shelf.list(deprecation_date=soon.isoformat())
        imported(
            a_list(**{shelf.large: {"input_cost_per_token": "1e-06", "deprecation_date": str(late)}}),
            is_partial=True,
        )

        found = [each for each in review_margins(clock(), WATER).withdrawals if shelf.table in each.tables]

        assert [(each.model, each.day, each.tables) for each in found] == [(shelf.small, soon, [shelf.table])]

    def test_weighs_tiers_by_the_cheapest_and_leaves_their_prices_to_people(self, shelf: Shelf) -> None:
        draft = shelf.draft()
        tiered = replace(
            shelf.rows()[0],
            tier_mode="graduated",
            tiers=(Tier(Decimal(100), Decimal(150), Decimal(1_000_000)),),
        )
        drafting.replace_rates(draft=draft, rows=[tiered], revision=None)
        shelf.list()

        (found,) = shelf.found()

        assert (found.present.share, found.proposed) == (Decimal("-0.333"), None)
        with pytest.raises(NothingToReprice):
            repricing.match_margin(table=shelf.table, target=WATER, moment=clock())

    def test_passes_over_formulas(self, shelf: Shelf) -> None:
        draft = shelf.draft()
        computed = RateRow(
            shelf.shop.chat, Decimal(0), dimensions={"model": shelf.small}, formula="quantity / 1000000"
        )
        drafting.replace_rates(draft=draft, rows=[computed], revision=None)
        shelf.list(small="6e-06")

        assert shelf.found() == []

    def test_looks_at_nothing_where_nothing_is_priced(self) -> None:
        costing.override(a_cost(named("model")), reason="Reckoned")

        assert review_margins(clock(), WATER, with_drafts=False).rates == 0

    def test_proposes_nothing_where_no_price_has_room(self, shelf: Shelf) -> None:
        shelf.publish()
        costing.override(a_cost(shelf.small, "1" + "0" * 16), reason="A slip of the pen")

        (found,) = shelf.found()

        assert found.proposed is None

    def test_asks_the_same_number_of_questions_of_many_tables(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list(small="6e-06")

        def asked() -> int:
            with CaptureQueriesContext(connection) as queries:
                review_margins(clock(), WATER)
            return len(queries)

        few = asked()
        for other in (Shelf(), Shelf(), Shelf()):
            other.publish()
            other.list(small="6e-06")

        assert asked() == few


class TestMatchMargin:
    def test_drafts_the_price_that_brings_the_margin_and_leaves_the_others(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list(small="6e-06")
        mina = a_person()

        draft, count = repricing.match_margin(
            table=shelf.table, target=WATER, moment=clock(), user=mina, reason="The list of today"
        )

        small, large = rows_of(draft)
        assert count == 1
        assert (small.tokens, small.cost, small.cost_currency) == (2000, Decimal("0.000006"), "USD")
        assert large == shelf.rows()[1]
        assert draft.is_draft
        last = Version.history.filter(id=draft.pk).latest()
        assert (last.history_user, last.history_change_reason) == (mina, "The list of today")
        assert [each.version for each in shelf.found()] == [shelf.table.versions.in_force(clock()).get()]

    def test_goes_by_the_cost_that_a_rate_says_where_nobody_told_its_models(self, shelf: Shelf) -> None:
        shelf.publish()
        target = Target(under=Decimal("0.61"), match=Decimal("0.8"), digits=None)
        proposed = sorted(each.proposed for each in shelf.found(target))

        draft, count = repricing.match_margin(table=shelf.table, target=target, moment=clock())

        rows = rows_of(draft)
        assert (count, proposed) == (2, [1000, 1800])
        assert [row.tokens for row in rows] == proposed
        assert [(row.cost, row.cost_currency) for row in rows] == [
            (row.cost, row.cost_currency) for row in shelf.rows()
        ]

    def test_goes_on_from_the_draft_that_is_there(self, shelf: Shelf) -> None:
        shelf.publish()
        draft = shelf.draft()
        shelf.list(large="20e-06")

        again, _ = repricing.match_margin(table=shelf.table, target=WATER, moment=clock())

        assert (again.pk, again.revision) == (draft.pk, draft.revision + 1)
        assert [row.tokens for row in rows_of(again)] == [500, Decimal(6667)]

    def test_is_refused_and_leaves_no_draft_where_all_earn_enough(self, shelf: Shelf) -> None:
        shelf.publish()
        shelf.list()

        with pytest.raises(NothingToReprice):
            repricing.match_margin(table=shelf.table, target=WATER, moment=clock())

        assert not shelf.table.versions.drafts().exists()
