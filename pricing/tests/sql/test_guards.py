"""Published prices never change, whoever asks: as the app role and as the tables' owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from pricing.models import Rate, Version
from pricing.queries.versions import moment_of_the_database, rows_of
from pricing.services import publishing
from pricing.tests.prices import SPRING, SUMMER, a_draft, a_feature, a_table, published, row

NEVER = "published_version_never_changes"
RATES_NEVER = "published_rate_never_changes"

ON_PUBLISHED_VERSION = [
    ("UPDATE pricing_version SET note = 'x' WHERE id = %(version)s", NEVER),
    (
        "UPDATE pricing_version SET effective_from = effective_from - interval '1 day' WHERE id = %(version)s",
        NEVER,
    ),
    ("UPDATE pricing_version SET published_at = NULL, effective_from = NULL WHERE id = %(version)s", NEVER),
    ("UPDATE pricing_version SET number = 99 WHERE id = %(version)s", NEVER),
    (
        "UPDATE pricing_version SET effective_until = clock_timestamp() - interval '1 s' WHERE id = %(version)s",
        NEVER,
    ),
    ("DELETE FROM pricing_version WHERE id = %(version)s", NEVER),
    ("UPDATE pricing_rate SET tokens = 0 WHERE version_id = %(version)s", RATES_NEVER),
    ("UPDATE pricing_rate SET version_id = %(draft)s WHERE version_id = %(version)s", RATES_NEVER),
    ("UPDATE pricing_rate SET version_id = %(version)s WHERE version_id = %(draft)s", RATES_NEVER),
    ("DELETE FROM pricing_rate WHERE version_id = %(version)s", RATES_NEVER),
    (
        "INSERT INTO pricing_rate (version_id, feature, dimensions, tokens, per, minimum, rounding,"
        " cost_currency, product, name, unit, tier_mode, tier_bounds, tier_prices, tier_pers, formula)"
        " VALUES (%(version)s, 'new', '{}', 1, 1, 0, 'half_up', '', '', '', '', '', '{}', '{}', '{}', '')",
        RATES_NEVER,
    ),
    (
        "INSERT INTO pricing_version (table_id, number, note, revision, published_at, effective_from, reason, warnings)"
        " VALUES (%(table)s, 99, '', 0, now() + interval '1 day', now() + interval '1 day', '', '[]')",
        "version_begins_as_a_draft",
    ),
    ("UPDATE pricing_version SET number = 99 WHERE id = %(draft)s", "version_keeps_its_number"),
]
ON_CATALOGUE = [
    ("UPDATE pricing_feature SET code = 'other' WHERE code = 'chat'", "code_never_changes"),
    ("UPDATE pricing_product SET code = 'other' WHERE code = 'assistant'", "code_never_changes"),
    ("UPDATE pricing_ratetable SET token = 'XYZ' WHERE id = %(table)s", "code_never_changes"),
    ("UPDATE pricing_ratetable SET code = 'other' WHERE id = %(table)s", "code_never_changes"),
    ("DELETE FROM pricing_feature WHERE code = 'chat'", "history_never_changes"),
    ("DELETE FROM pricing_product WHERE code = 'assistant'", "history_never_changes"),
    ("DELETE FROM pricing_ratetable WHERE id = %(table)s", "history_never_changes"),
]
TRUNCATING = [
    ("TRUNCATE pricing_rate", RATES_NEVER),
    ("TRUNCATE pricing_version CASCADE", NEVER),
    ("TRUNCATE pricing_epoch", "history_never_changes"),
]
AS_APP = [
    "UPDATE pricing_version SET effective_until = clock_timestamp() + interval '1 day' WHERE id = %(version)s",
    "UPDATE pricing_version SET published_at = now(), effective_from = now() WHERE id = %(draft)s",
    "UPDATE pricing_epoch SET epoch = 7 WHERE table_id = %(table)s",
    "DELETE FROM pricing_epoch WHERE table_id = %(table)s",
    "TRUNCATE pricing_version CASCADE",
    "TRUNCATE pricing_rate",
    "ALTER TABLE pricing_rate DISABLE TRIGGER ALL",
    "ALTER TABLE pricing_version DISABLE TRIGGER pricing_version_stays",
    "SET session_replication_role = replica",
]


@pytest.fixture
def names() -> dict[str, int]:
    table = a_table()
    version = published(table, row("chat"))
    draft = a_draft(table, [row("chat", 2, model="small")])
    a_feature("chat")
    return {"table": table.pk, "version": version.pk, "draft": draft.pk}


def refusal_of(statement: str, names: dict[str, int]) -> psycopg.Error:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, names)
    cause = refusal.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause


def state_of(names: dict[str, int]) -> Any:
    versions = Version.objects.filter(table=names["table"]).order_by("number").values_list()
    return list(versions), list(
        Rate.objects.filter(version__table=names["table"]).order_by("pk").values_list()
    )


@pytest.mark.django_db
class TestTheAppRole:
    @pytest.mark.parametrize(("statement", "sentence"), [*ON_PUBLISHED_VERSION, *ON_CATALOGUE])
    def test_is_refused_with_the_sentence_that_it_breaks(
        self, names: dict[str, int], statement: str, sentence: str
    ) -> None:
        before = state_of(names)

        refusal = refusal_of(statement, names)

        assert refusal.diag.constraint_name == sentence
        assert refusal.sqlstate == "23514"
        assert state_of(names) == before

    @pytest.mark.parametrize("statement", AS_APP)
    def test_is_refused_what_only_publishing_may_do(self, names: dict[str, int], statement: str) -> None:
        before = state_of(names)

        refusal_of(statement, names)

        assert state_of(names) == before

    def test_edits_drafts(self, names: dict[str, int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pricing_rate SET tokens = 3 WHERE version_id = %(draft)s", names)
            cursor.execute("UPDATE pricing_version SET note = 'x' WHERE id = %(draft)s", names)

        assert rows_of(Version.objects.get(pk=names["draft"])) == [row("chat", 3, model="small")]


@pytest.mark.usefixtures("owner_db")
class TestTheOwner:
    @pytest.mark.parametrize(("statement", "sentence"), [*ON_PUBLISHED_VERSION, *ON_CATALOGUE, *TRUNCATING])
    def test_is_refused_too(self, names: dict[str, int], statement: str, sentence: str) -> None:
        before = state_of(names)

        refusal = refusal_of(statement, names)

        assert refusal.diag.constraint_name == sentence
        assert state_of(names) == before

    def test_moves_the_end_between_future_instants_and_none(self) -> None:
        version = published(a_table(), row("chat"))
        now = moment_of_the_database()

        for end in (now + timedelta(days=2), now + timedelta(days=1), None):
            Version.objects.filter(pk=version.pk).update(effective_until=end)

            assert Version.objects.get(pk=version.pk).effective_until == end

    def test_does_not_move_an_end_that_has_passed(self) -> None:
        table = a_table()
        spring = published(table, row("chat"), moment=SPRING)
        published(table, row("chat", 2), moment=SUMMER)

        refusal = refusal_of(
            "UPDATE pricing_version SET effective_until = NULL WHERE id = %(id)s", {"id": spring.pk}
        )

        assert refusal.diag.constraint_name == NEVER

    def test_does_not_bring_a_withdrawn_version_back(self) -> None:
        begins = moment_of_the_database() + timedelta(days=1)
        later = published(a_table(), row("chat"), effective_from=begins)
        publishing.withdraw(version=later)

        refusal = refusal_of(
            "UPDATE pricing_version SET effective_until = NULL WHERE id = %(id)s", {"id": later.pk}
        )

        assert refusal.diag.constraint_name == NEVER

    def test_withdraws_nothing_that_has_begun(self, names: dict[str, int]) -> None:
        refusal = refusal_of(
            "UPDATE pricing_version SET effective_until = effective_from WHERE id = %(version)s", names
        )

        assert refusal.diag.constraint_name == NEVER

    def test_cannot_let_two_versions_hold_at_once(self, names: dict[str, int]) -> None:
        refusal = refusal_of(
            "UPDATE pricing_version SET published_at = now(), effective_from = now() + interval '1 day'"
            " WHERE id = %(draft)s",
            names,
        )

        assert refusal.diag.constraint_name == "one_version_in_force_at_a_time"


@pytest.mark.django_db
class TestRates:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"tokens": "-1"}, "rate_is_not_negative"),
            ({"per": "0"}, "rate_is_per_a_positive_quantity"),
            ({"minimum": "-1"}, "rate_minimum_is_not_negative"),
            ({"cost": "-1"}, "rate_cost_is_not_negative"),
            ({"rounding": "nearest"}, "rate_rounding_is_known"),
            ({"feature": "a*b"}, "rate_names_a_feature_or_a_pattern"),
            ({"dimensions": []}, "rate_dimensions_are_names_with_values"),
            ({"name": "Chat"}, "rate_of_a_feature_has_the_labels_of_the_feature"),
        ],
    )
    def test_are_kept_valid_by_the_database(self, change: dict[str, Any], sentence: str) -> None:
        draft = a_draft(a_table(), [row("chat")])

        with pytest.raises(DatabaseError) as refusal, transaction.atomic():
            Rate.objects.filter(version=draft).update(**change)

        assert sentence in str(refusal.value)

    @pytest.mark.parametrize("column", ["tokens", "per", "minimum", "cost"])
    def test_are_numbers(self, column: str) -> None:
        draft = a_draft(a_table(), [row("chat")])

        refusal = refusal_of(
            f"UPDATE pricing_rate SET {column} = 'NaN' WHERE version_id = %(id)s", {"id": draft.pk}
        )

        assert refusal.sqlstate == "23514"
