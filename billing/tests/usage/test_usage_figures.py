"""Each figure of the usage page is what the ledger says, asked without the product."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.queries import usage_figures
from billing.queries.trial_report import Cohort, cohorts
from billing.queries.usage_scope import scope_of
from billing.rules.usage_view import UsageView
from billing.tests.trying import a_seller, a_trial, an_offer
from billing.tests.usage.town import WITHIN, Town, bounds, scope
from config.kernel.errors import InvalidRequest
from usage.queries.refused_demand import refused_demand
from usage.rules.usage_asked import Clock
from usage.tests.made import DAY, a_segment, clock

pytestmark = pytest.mark.committed
SHARE = Decimal("0.000001")


@pytest.fixture
def town() -> Town:
    return Town()


class TestFeatures:
    @pytest.mark.parametrize("clock", Clock)
    def test_are_told_with_what_was_used_by_whom_and_before(self, town: Town, clock: Clock) -> None:
        asked = scope(town, clock=clock)
        rows = town.ledger(
            f"""SELECT feature_id, sum(tokens) FILTER (WHERE {clock.value} >= %(since)s),
                       sum(quantity) FILTER (WHERE {clock.value} >= %(since)s),
                       sum(items) FILTER (WHERE {clock.value} >= %(since)s),
                       coalesce(sum(tokens) FILTER (WHERE {clock.value} < %(since)s), 0)
                FROM line WHERE {clock.value} >= %(before)s AND {clock.value} < %(until)s GROUP BY 1 ORDER BY 2 DESC""",
            **bounds(asked),
        )

        found = usage_figures.features(asked)

        assert len(rows) == 2
        told = [(each.key, each.row.tokens, each.row.quantity, each.row.calls, each.before) for each in found]
        assert told == rows
        assert {each.accounts for each in found} == {3}

    def test_count_the_accounts_that_are_left(self, town: Town) -> None:
        asked = scope(town, days=None, first=(town.now - 9 * DAY).date(), last=(town.now - 7 * DAY).date())
        rows = town.ledger(
            f"""SELECT feature_id, count(*) FROM (SELECT feature_id, account_id FROM line WHERE {WITHIN}
                GROUP BY 1, 2 HAVING sum(items) > 0) AS used GROUP BY 1""",
            **bounds(asked),
        )

        assert {each.key: each.accounts for each in usage_figures.features(asked)} == dict(rows)

    def test_change_against_the_time_before(self, town: Town) -> None:
        line = usage_figures.features(scope(town))[0]

        assert line.before > 0
        assert line.change == (line.row.tokens - line.before) / line.before


class TestBurn:
    @pytest.mark.parametrize("by", ["feature", "product"])
    def test_is_by_days_of_the_time_zone(self, town: Town, by: str) -> None:
        asked = scope(town)
        rows = town.ledger(
            f"""SELECT (occurred_at AT TIME ZONE %(zone)s)::date, sum(tokens) FROM line WHERE {WITHIN} GROUP BY 1
                HAVING sum(tokens) <> 0""",
            **bounds(asked),
        )

        burn = usage_figures.burn(asked, by)

        assert len(burn.days) == 30
        found = {day: burn.on(place) for place, day in enumerate(burn.days)}
        assert {day: tokens for day, tokens in found.items() if tokens} == dict(rows)
        assert len(burn.series) == (2 if by == "feature" else 1)


class TestPeaks:
    def test_are_means_of_the_hours_of_a_week(self, town: Town) -> None:
        asked = scope(town)
        rows = town.ledger(
            f"""SELECT extract(isodow FROM occurred_at AT TIME ZONE %(zone)s)::int - 1,
                       extract(hour FROM occurred_at AT TIME ZONE %(zone)s)::int, sum(tokens)
                FROM line WHERE {WITHIN} GROUP BY 1, 2""",
            **bounds(asked),
        )
        days = [day.weekday() for day in usage_figures.burn(asked, "product").days]

        peaks = usage_figures.peaks(asked)

        assert peaks is not None
        wanted = {(day, hour): total / days.count(day) for day, hour, total in rows}
        assert {key: mean for key, mean in peaks.mean.items() if mean} == {
            k: v for k, v in wanted.items() if v
        }
        assert sum(tokens for _, tokens in peaks.hours) == sum(total for *_, total in rows)
        assert len(peaks.hours) >= 29 * 24

    def test_name_the_busiest_hour(self, town: Town) -> None:
        asked = scope(town)
        rows = town.ledger(
            f"""SELECT date_trunc('hour', occurred_at), sum(tokens) FROM line WHERE {WITHIN}
                GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1""",
            **bounds(asked),
        )

        peaks = usage_figures.peaks(asked)

        assert peaks is not None
        assert peaks.busiest is not None
        assert peaks.busiest[1] == rows[0][1]


class TestAdoption:
    def test_counts_accounts_by_week_since_the_first_use(self, town: Town) -> None:
        asked = scope(town, feature=town.shop.image)
        rows = town.ledger(
            """SELECT (day - first) / 7, count(DISTINCT account_id),
                      count(DISTINCT account_id) FILTER (WHERE (day - first) / 7 = (began - first) / 7)
               FROM (SELECT account_id, day, min(day) OVER () AS first, min(day) OVER (PARTITION BY account_id) AS began
                     FROM (SELECT account_id, (occurred_at AT TIME ZONE 'UTC')::date AS day FROM line
                           WHERE feature_id = %(feature)s GROUP BY 1, 2 HAVING sum(items) > 0) AS used) AS days
               GROUP BY 1 ORDER BY 1""",
            feature=town.image.pk,
        )

        launched = usage_figures.launches(asked)
        adoption = usage_figures.adoption(asked, launched)

        assert adoption is not None
        assert launched == [(town.image, (town.now - 44 * DAY).date())]
        assert [(each.week, each.accounts, each.newcomers) for each in adoption.weeks] == rows
        assert adoption.reached == 3


class TestLargest:
    def test_says_how_much_hangs_on_whom(self, town: Town) -> None:
        asked = scope(town)
        rows = town.ledger(
            f"SELECT account_id, sum(tokens) FROM line WHERE {WITHIN} GROUP BY 1 ORDER BY 2 DESC",
            **bounds(asked),
        )

        largest = usage_figures.largest(asked, usage_figures.total(asked))

        assert [(each.pk, row.tokens) for each, row in largest.accounts] == rows
        assert (largest.count, largest.tokens) == (3, sum(tokens for _, tokens in rows))
        assert largest.share == 1


class TestDemand:
    def test_counts_what_was_wanted_and_not_sold(self, town: Town) -> None:
        (each,) = refused_demand(scope(town).question())

        assert (each.feature, each.name, each.reason) == (
            town.shop.chat,
            town.shop.chat,
            "insufficient_tokens",
        )
        assert (each.wanted, each.times, each.accounts, each.tokens, each.unknown) == (2, 3, 1, 360, 0)

    def test_keeps_to_what_is_looked_at(self, town: Town) -> None:
        elsewhere = scope(town, feature=town.shop.image)
        others = scope(town, account=town.accounts[0].reference)
        earlier = scope(town, days=None, first=(town.now - 9 * DAY).date(), last=(town.now - 3 * DAY).date())

        assert [refused_demand(each.question()) for each in (elsewhere, others, earlier)] == [[], [], []]


class TestCohorts:
    def test_tell_what_became_of_the_trials_of_a_month(self, town: Town) -> None:
        seller, offer, account = a_seller(), an_offer("100"), town.shop.an_account()
        trial = a_trial(seller, offer, account)
        other = a_trial(seller, offer, town.shop.an_account())

        both = cohorts(trial.issued_at - DAY, clock(), trial.unit.code, {account.pk, other.customer_id})
        alone = cohorts(trial.issued_at - DAY, clock(), trial.unit.code, {account.pk})

        month = trial.issued_at.astimezone(UTC).date().replace(day=1)
        nothing = Decimal(0)
        assert both == [Cohort(month, 2, 0, 0, 0, Decimal(200), nothing, nothing)]
        assert alone == [Cohort(month, 1, 0, 0, 0, Decimal(100), nothing, nothing)]


class TestScope:
    def test_is_of_one_account_or_of_a_segment(self, town: Town) -> None:
        segment = a_segment()
        payer = town.accounts[0]

        alone, nobody = (
            usage_figures.largest(asked, usage_figures.total(asked))
            for asked in (scope(town, account=payer.reference), scope(town, segment=segment.code))
        )

        assert [each for each, _ in alone.accounts] == [payer]
        assert (nobody.accounts, nobody.count, nobody.share) == ([], 0, None)

    def test_is_of_what_carries_a_value(self, town: Town) -> None:
        asked = scope(town, value="small")
        rows = town.ledger(
            f"SELECT sum(tokens) FROM line WHERE dimensions->>'model' = 'small' AND {WITHIN}", **bounds(asked)
        )

        assert usage_figures.largest(asked, usage_figures.total(asked)).tokens == rows[0][0]

    @pytest.mark.parametrize("field", ["account", "product", "feature", "segment", "token"])
    def test_refuses_what_nobody_knows(self, field: str) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            scope_of(UsageView(**{field: "nobody"}), datetime(2026, 1, 1, tzinfo=UTC))

        assert refusal.value.errors[0].pointer == f"/{field}"
