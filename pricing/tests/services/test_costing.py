"""Lists of costs are read once, exactly and whole; what people wrote wins until it is withdrawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from config.embedded.pytest_databases import TestServices
from config.kernel.errors import InvalidRequest
from pricing.errors import CostsBusy, ImportRefused, NothingToWithdraw
from pricing.models import CostImport, CostRate
from pricing.queries.versions import moment_of_the_database
from pricing.rules.costs import CostKey
from pricing.services import costing
from pricing.services.costing import CostOrder
from pricing.tests.costs import a_cost, a_list, imported, written
from pricing.tests.prices import DAY, a_person

pytestmark = pytest.mark.django_db

SMALL = {"input_cost_per_token": "1.5e-07", "output_cost_per_token": "6E-7"}
LARGE = {"input_cost_per_token": "0.000002", "deprecation_date": "2027-03-01"}


class TestImport:
    def test_keeps_every_figure_exactly(self) -> None:
        imported(a_list(small=SMALL, odd={"input_cost_per_pixel": "2.0751953125E-9"}))

        assert written(moment_of_the_database()) == {
            "small input": Decimal("0.00000015"),
            "small output": Decimal("0.0000006"),
            "odd input_pixel": Decimal("0.0000000020751953125"),
        }

    def test_says_from_which_file_by_whom_and_why(self) -> None:
        user = a_person()
        order = CostOrder(a_list(large=LARGE), "prices.json")

        done = costing.import_costs(order, user=user, reason="December's list")

        (row,) = CostRate.objects.all()
        assert row.imported_by == done.made == CostImport.objects.get()
        assert done.made is not None
        assert (done.made.file, done.made.model_count, done.made.line_count) == ("prices.json", 1, 1)
        assert (done.made.set_by, done.made.reason) == (user.get_username(), "December's list")
        assert (row.provider, row.currency, row.deprecated_on) == ("openai", "USD", date(2027, 3, 1))
        assert row.effective_from == done.made.effective_from <= done.made.recorded_at

    def test_of_the_same_list_again_changes_nothing(self) -> None:
        imported(a_list(small=SMALL, large=LARGE))

        again = imported(a_list(large=LARGE, small=SMALL))

        assert again.made is None
        assert again.plan.changes.are_none
        assert (CostRate.objects.count(), CostImport.objects.count()) == (3, 1)

    def test_writes_a_changed_cost_as_a_new_row_and_leaves_the_old_one(self) -> None:
        imported(a_list(small=SMALL))
        before = moment_of_the_database()

        done = imported(a_list(small={**SMALL, "input_cost_per_token": "3e-07"}))

        (change,) = done.plan.changes.changed
        assert (change.key, change.share) == (CostKey("small", "input"), 1)
        assert written(before)["small input"] == Decimal("0.00000015")
        assert written(moment_of_the_database()) == {
            "small input": Decimal("0.0000003"),
            "small output": Decimal("0.0000006"),
        }
        assert CostRate.objects.count() == 3

    def test_ends_what_the_list_no_longer_names(self) -> None:
        imported(a_list(small=SMALL, large=LARGE))
        before = moment_of_the_database()

        done = imported(a_list(large=LARGE))

        assert [change.key.title for change in done.plan.changes.gone] == ["small input", "small output"]
        assert written(moment_of_the_database()) == {"large input": Decimal("0.000002")}
        assert len(written(before)) == 3

    def test_brings_back_what_had_ended(self) -> None:
        imported(a_list(small=SMALL, large=LARGE))
        imported(a_list(large=LARGE))

        done = imported(a_list(small=SMALL, large=LARGE))

        assert len(done.plan.changes.new) == 2
        assert len(written(moment_of_the_database())) == 3

    def test_of_a_part_leaves_what_it_does_not_name(self) -> None:
        imported(a_list(small=SMALL, large=LARGE))

        done = imported(a_list(large={**LARGE, "input_cost_per_token": "0.000003"}), is_partial=True)

        assert len(done.plan.changes.changed) == 1
        assert len(written(moment_of_the_database())) == 3

    def test_takes_over_a_new_day_of_withdrawal(self) -> None:
        imported(a_list(large=LARGE))

        done = imported(a_list(large={**LARGE, "deprecation_date": "2027-09-01"}))

        (told,) = done.plan.changes.redated
        assert (told.model, told.old, told.new) == ("large", date(2027, 3, 1), date(2027, 9, 1))
        assert CostRate.objects.in_force(moment_of_the_database()).get().deprecated_on == date(2027, 9, 1)

    def test_holds_from_the_instant_asked_for(self) -> None:
        now = moment_of_the_database()
        imported(a_list(small=SMALL))

        dearer = a_list(small={**SMALL, "input_cost_per_token": "3e-07"})
        imported(dearer, since=now + DAY)

        assert written(now + DAY - timedelta(microseconds=1))["small input"] == Decimal("0.00000015")
        assert written(now + DAY)["small input"] == Decimal("0.0000003")
        assert imported(dearer, since=now + DAY).made is None

    def test_keeps_tens_of_models_apart(self) -> None:
        models = {f"model-{n}": {"input_cost_per_token": f"{n}e-07"} for n in range(1, 61)}
        imported(a_list(**models))

        done = imported(a_list(**{**models, "model-7": {"input_cost_per_token": "8e-07"}}))

        costs = written(moment_of_the_database())
        assert [change.key.model for change in done.plan.changes.changed] == ["model-7"]
        assert len(costs) == 60
        assert (costs["model-7 input"], costs["model-60 input"]) == (Decimal("8e-7"), Decimal("60e-7"))

    def test_is_refused_whole_where_one_figure_is_wrong(self) -> None:
        text = json.loads(a_list(small=SMALL, large=LARGE))
        text["large"]["input_cost_per_token"] = -1

        with pytest.raises(ImportRefused) as refusal:
            imported(json.dumps(text))

        assert refusal.value.detail == "The file has an error; nothing was imported."
        assert [(each.pointer, each.detail) for each in refusal.value.errors] == [
            ("/large/input_cost_per_token", "large, input_cost_per_token: is negative.")
        ]
        assert not CostRate.objects.exists()
        assert not CostImport.objects.exists()


class TestPlan:
    def test_tells_what_would_change_and_writes_nothing(self) -> None:
        imported(a_list(small=SMALL))

        planned = costing.plan(CostOrder(a_list(small=SMALL, large=LARGE), "prices.json"))

        assert [change.key.title for change in planned.changes.new] == ["large input"]
        assert (CostRate.objects.count(), CostImport.objects.count()) == (2, 1)


class TestOverride:
    def test_wins_over_the_list_and_goes_on_winning(self) -> None:
        imported(a_list(small=SMALL))

        costing.override(a_cost("small", "0.0000001"), reason="Our contract")
        imported(a_list(small={**SMALL, "input_cost_per_token": "9e-07"}))

        assert written(moment_of_the_database())["small input"] == Decimal("0.0000001")

    def test_wins_from_its_instant_on(self) -> None:
        imported(a_list(small=SMALL))
        later = moment_of_the_database() + DAY

        costing.override(a_cost("small", "0.0000001"), reason="Our contract", effective_from=later)

        assert written(later - timedelta(microseconds=1))["small input"] == Decimal("0.00000015")
        assert written(later)["small input"] == Decimal("0.0000001")

    def test_keeps_who_wrote_it_and_why(self) -> None:
        user = a_person()

        row = costing.override(a_cost("small"), reason=" Our contract ", user=user)

        row.refresh_from_db()
        assert (row.source, row.set_by, row.reason) == ("manual", user.get_username(), "Our contract")
        assert row.effective_from == row.recorded_at

    def test_knows_models_that_no_list_names(self) -> None:
        costing.override(a_cost("our-own-llama", "0.0000003", provider="us"), reason="Reckoned")

        assert written(moment_of_the_database()) == {"our-own-llama input": Decimal("0.0000003")}

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_is_refused_without_a_reason(self, reason: str) -> None:
        with pytest.raises(InvalidRequest, match="Say why"):
            costing.override(a_cost("small"), reason=reason)

        assert not CostRate.objects.exists()

    def test_names_each_field_at_fault(self) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            costing.override(a_cost("", "-1", currency="usd"), reason="Our contract")

        assert [each.pointer for each in refusal.value.errors] == ["/model", "/currency", "/cost"]
        assert not CostRate.objects.exists()


class TestWithdraw:
    def test_lets_the_list_count_again(self) -> None:
        imported(a_list(small=SMALL))
        costing.override(a_cost("small", "0.0000001"), reason="Our contract")
        before = moment_of_the_database()

        costing.withdraw(CostKey("small", "input"), reason="It ended")

        assert written(before)["small input"] == Decimal("0.0000001")
        assert written(moment_of_the_database())["small input"] == Decimal("0.00000015")

    def test_leaves_nothing_where_no_list_names_it(self) -> None:
        costing.override(a_cost("small"), reason="Reckoned")

        costing.withdraw(CostKey("small", "input"), reason="Switched off")

        assert written(moment_of_the_database()) == {}

    def test_is_dated_too(self) -> None:
        costing.override(a_cost("small"), reason="Reckoned")
        later = moment_of_the_database() + DAY

        costing.withdraw(CostKey("small", "input"), reason="Ends tomorrow", effective_from=later)

        assert "small input" in written(later - timedelta(microseconds=1))
        assert written(later) == {}

    def test_is_refused_where_nobody_wrote_anything(self) -> None:
        imported(a_list(small=SMALL))

        with pytest.raises(NothingToWithdraw, match="Nobody wrote a cost of small input"):
            costing.withdraw(CostKey("small", "input"), reason="Why not")

        assert CostRate.objects.count() == 2

    def test_is_refused_twice(self) -> None:
        costing.override(a_cost("small"), reason="Reckoned")
        costing.withdraw(CostKey("small", "input"), reason="Ended")

        with pytest.raises(NothingToWithdraw):
            costing.withdraw(CostKey("small", "input"), reason="Ended")

        assert CostRate.objects.count() == 2

    def test_tells_tiers_and_thresholds_apart(self) -> None:
        costing.override(a_cost("small", tier="batch"), reason="Reckoned")

        with pytest.raises(NothingToWithdraw):
            costing.withdraw(CostKey("small", "input"), reason="Ended")

        costing.withdraw(CostKey("small", "input", "batch"), reason="Ended")
        assert written(moment_of_the_database()) == {}


class TestTurns:
    """Who writes costs waits for whoever does so already: what a list changes is reckoned from what stands."""

    @pytest.fixture
    def another_writes(self, services: TestServices) -> Iterator[None]:
        with psycopg.connect(services.app_url) as other:
            other.execute("SELECT pg_advisory_xact_lock(7106, 0)")
            yield

    @pytest.mark.usefixtures("another_writes")
    @pytest.mark.parametrize(
        "write",
        [
            lambda: imported(a_list(small=SMALL)),
            lambda: costing.override(a_cost("small"), reason="Our contract"),
            lambda: costing.withdraw(CostKey("small", "input"), reason="It ended"),
        ],
        ids=["import", "override", "withdraw"],
    )
    def test_are_taken(self, write: Callable[[], object]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")

        with pytest.raises(CostsBusy), transaction.atomic():
            write()

        assert not CostRate.objects.exists()

    @pytest.mark.usefixtures("another_writes")
    def test_are_not_needed_to_look(self) -> None:
        assert costing.plan(CostOrder(a_list(small=SMALL), "prices.json")).changes.new
