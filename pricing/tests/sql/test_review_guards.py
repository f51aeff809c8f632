"""What the database holds of second persons, whoever asks it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from pricing.models import Decision, Rate, Review, ReviewRule, Version
from pricing.queries.reviews import content_of
from pricing.services import drafting, reviewing
from pricing.tests.prices import (
    SPRING,
    SUMMER,
    a_rule,
    a_table,
    published,
    row,
)


@pytest.mark.django_db
class TestTheDatabase:
    """What SQL of the app role is refused, without the product's services."""

    def refused(self, statement: str, **given: Any) -> str:
        with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, given)
        return str(refusal.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]

    def outcome(self, draft: Version, needs_review: bool | None = False) -> str:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT outcome FROM pricing_publish_v1(%s, NULL, NULL, '', '[]', %s)",
                [draft.pk, needs_review],
            )
            (outcome,) = cursor.fetchone()
        return str(outcome)

    def test_publishes_no_sensitive_table_whatever_the_caller_says(self, draft: Version) -> None:
        a_rule("sensitive", table=draft.table)

        assert self.outcome(draft) == "review_needed"
        assert Version.objects.get(pk=draft.pk).is_draft

    @pytest.mark.parametrize("needs_review", [True, None])
    def test_looks_for_the_approval_itself(
        self, draft: Version, review: Review, tom: User, needs_review: bool | None
    ) -> None:
        assert self.outcome(draft, needs_review) == "review_needed"
        reviewing.approve(review=review, user=tom)

        assert self.outcome(draft, needs_review) == "published"
        assert Version.objects.get(pk=draft.pk).review == review

    def test_knows_that_what_was_approved_was_edited(self, draft: Version, review: Review, tom: User) -> None:
        reviewing.approve(review=review, user=tom)
        Rate.objects.filter(version=draft).update(tokens=9)

        assert self.outcome(draft, needs_review=True) == "review_needed"
        assert self.outcome(draft) == "published"
        assert Version.objects.get(pk=draft.pk).review is None

    def test_takes_no_draft_for_an_undoing_that_says_something_new(self, mina: User) -> None:
        table = a_table()
        old = published(table, row("chat", 1), moment=SPRING)
        published(table, row("chat", 2), moment=SUMMER)
        a_rule("sensitive")
        forged = drafting.add_version(Version(table=table, restores=old), mina, "")
        drafting.write_rates(forged, [row("chat", 99)])

        assert self.outcome(forged) == "review_needed"
        Rate.objects.filter(version=forged).update(tokens=1)
        assert self.outcome(forged) == "published"

    def test_writes_what_a_review_is_of_whatever_the_statement_says(self, draft: Version, mina: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO pricing_review"
                " (version_id, table_id, number, revision, digest, asked_by_id, asked_at, note)"
                " VALUES (%s, 0, 99, 99, 'forged', %s, '2020-01-01', '')"
                " RETURNING number, digest, asked_at > '2021-01-01'",
                [draft.pk, mina.pk],
            )

            assert cursor.fetchone() == (1, content_of(draft.pk), True)

    def test_lets_no_author_decide(self, review: Review, mina: User) -> None:
        statement = (
            "INSERT INTO pricing_decision (review_id, verdict, decided_by_id, decided_at, reason)"
            " VALUES (%(review)s, 'approved', %(user)s, now(), '')"
        )

        assert self.refused(statement, review=review.pk, user=mina.pk) == "approver_is_no_author"
        assert not Decision.objects.exists()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE pricing_review SET digest = ''",
            "DELETE FROM pricing_review",
            "UPDATE pricing_decision SET verdict = 'approved'",
            "DELETE FROM pricing_decision",
            "UPDATE pricing_historicalversion SET history_user_id = NULL",
            "DELETE FROM pricing_historicalrate",
            "DELETE FROM pricing_reviewrule",
            "DELETE FROM pricing_refusal",
            "INSERT INTO pricing_withdrawal (version_id, withdrawn_at, reason) VALUES (1, now(), '')",
        ],
    )
    def test_keeps_what_was_decided(self, review: Review, tom: User, statement: str) -> None:
        a_rule("jump", "20")
        reviewing.send_back(review=review, user=tom, reason="No")
        before = (Decision.objects.get().verdict, review.digest, ReviewRule.objects.count())

        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)

        assert (Decision.objects.get().verdict, review.digest, ReviewRule.objects.count()) == before

    @pytest.mark.parametrize(
        "rule",
        [
            {"kind": "jump"},
            {"kind": "jump", "share": Decimal(-1)},
            {"kind": "margin", "share": Decimal("100.001")},
            {"kind": "sensitive", "share": Decimal(1)},
            {"kind": "whim", "share": None},
        ],
    )
    def test_keeps_rules_that_say_something(self, rule: dict[str, Any]) -> None:
        with pytest.raises(DatabaseError, match="review_rule_says_how_much"), transaction.atomic():
            ReviewRule.objects.create(**rule)


@pytest.mark.committed
def test_sql_that_would_change_a_published_price_stands_in_the_servers_log(services: Any) -> None:
    version = published(a_table(), row("chat"))
    statement = f"UPDATE pricing_rate SET tokens = 0 WHERE version_id = {version.pk}"

    with psycopg.connect(services.app_url) as app, pytest.raises(psycopg.errors.CheckViolation):
        app.execute(statement)

    log = (services.cluster.sockets / "log").read_text(errors="replace")
    assert "The rates of a published version never change." in log
    assert f"tokendesk_app STATEMENT:  {statement}" in log
