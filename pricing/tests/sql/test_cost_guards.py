"""Costs are dated facts: nobody changes one that was written."""

from __future__ import annotations

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from pricing.models import CostRate
from pricing.queries.versions import moment_of_the_database
from pricing.tests.costs import a_cost, a_list, imported

CHANGES = [
    "UPDATE pricing_costrate SET cost = 0",
    "DELETE FROM pricing_costrate",
    "TRUNCATE pricing_costrate",
    "UPDATE pricing_costimport SET file = 'another'",
    "DELETE FROM pricing_costimport",
    "TRUNCATE pricing_costimport CASCADE",
]
INPUT = {"input_cost_per_token": "1.5e-07"}


def refusal_of(statement: str) -> psycopg.Error:
    imported(a_list(small=INPUT))
    before = list(CostRate.objects.values_list())
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    cause = refusal.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert list(CostRate.objects.values_list()) == before
    return cause


@pytest.mark.django_db
class TestTheAppRole:
    @pytest.mark.parametrize("statement", CHANGES)
    def test_has_no_right_to_change_a_cost(self, statement: str) -> None:
        assert refusal_of(statement).sqlstate == "42501"

    def test_is_refused_a_cost_by_hand_without_a_reason(self) -> None:
        now = moment_of_the_database()
        row = CostRate.from_line(
            a_cost("small"), effective_from=now, recorded_at=now, source=CostRate.Source.MANUAL
        )

        with pytest.raises(IntegrityError, match="cost_has_an_import_or_a_reason"), transaction.atomic():
            row.save()

        assert not CostRate.objects.exists()


@pytest.mark.usefixtures("owner_db")
class TestTheOwner:
    @pytest.mark.parametrize("statement", CHANGES)
    def test_is_refused_too(self, statement: str) -> None:
        assert refusal_of(statement).diag.constraint_name == "history_never_changes"
