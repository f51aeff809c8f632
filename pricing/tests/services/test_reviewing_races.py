"""Second persons, editors and publishers at one moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection

from pricing.errors import NotScheduled, ReviewNeeded, ReviewOutdated
from pricing.models import Decision, Epoch, RateTable, Refusal, Review, Version, Withdrawal
from pricing.queries.reviews import ReviewState, standing_of
from pricing.queries.versions import moment_of_the_database, rows_of
from pricing.services import drafting, publishing, reviewing
from pricing.tests.prices import a_draft, a_person, a_rule, a_table, published, row
from pricing.tests.services.test_publishing_races import at_once

pytestmark = pytest.mark.committed

ROUNDS = range(6)


def a_review() -> tuple[Version, Review, User]:
    draft, mina = a_draft(a_table(), [row("chat", 2)]), a_person("mina")
    return draft, reviewing.ask(draft=draft, user=mina), mina


def kinds(answers: list[Any]) -> list[str]:
    return sorted(type(answer).__name__ for answer in answers)


def follow_each_other(table: RateTable) -> bool:
    """Whether versions price one after the other without a gap, the last for good."""
    lasting = list(Version.objects.filter(table=table).lasting().order_by("effective_from"))
    gapless = all(one.effective_until == two.effective_from for one, two in pairwise(lasting))
    return gapless and lasting[-1].effective_until is None


class TestDecide:
    @pytest.mark.parametrize("turn", ROUNDS)
    def test_lets_one_of_two_approvers_decide(self, turn: int) -> None:
        draft, review, _ = a_review()
        people = [a_person(f"approver-{n}") for n in range(4)]

        calls: list[Callable[[], Any]] = [
            lambda each=each: reviewing.approve(review=review, user=each)  # type: ignore[misc]
            for each in people[:3]
        ]
        answers = at_once(
            *calls, lambda: reviewing.send_back(review=review, user=people[3], reason="Too cheap")
        )

        assert kinds(answers) == ["Decision", *["NothingToDecide"] * 3]
        assert Decision.objects.filter(review=review).count() == 1
        assert Refusal.objects.filter(table=draft.table, code="nothing_to_decide").count() == 3

    @pytest.mark.parametrize("turn", ROUNDS)
    def test_approves_what_was_asked_or_nothing_while_somebody_edits(self, turn: int) -> None:
        draft, review, mina = a_review()
        tom = a_person("tom")
        a_rule("sensitive", table=draft.table)

        approved, edited = at_once(
            lambda: reviewing.approve(review=review, user=tom),
            lambda: drafting.replace_rates(draft=draft, rows=[row("chat", 9)], revision=None, user=mina),
        )

        assert isinstance(edited, Version)
        assert isinstance(approved, Decision | ReviewOutdated)
        assert standing_of(draft).state == ReviewState.OUTDATED
        with pytest.raises(ReviewNeeded):
            publishing.publish(version=draft)

    @pytest.mark.parametrize("turn", ROUNDS)
    def test_comes_before_a_publish_or_after_it(self, turn: int) -> None:
        draft, review, _ = a_review()
        tom = a_person("tom")
        a_rule("sensitive", table=draft.table)

        approved, version = at_once(
            lambda: reviewing.approve(review=review, user=tom), lambda: publishing.publish(version=draft)
        )

        assert isinstance(approved, Decision)
        assert isinstance(version, Version | ReviewNeeded)
        assert Version.objects.get(pk=draft.pk).is_draft == isinstance(version, ReviewNeeded)

    def test_waits_for_sql_that_edits_the_draft(self, services: Any) -> None:
        draft, review, _ = a_review()
        tom = a_person("tom")
        with psycopg.connect(services.app_url) as editor:
            editor.execute("UPDATE pricing_rate SET tokens = 5 WHERE version_id = %s", [draft.pk])
            approved, _ = at_once(lambda: reviewing.approve(review=review, user=tom), editor.commit)

        assert isinstance(approved, ReviewOutdated | Decision)
        assert rows_of(draft) == [row("chat", 5)]
        assert standing_of(draft).state == ReviewState.OUTDATED


class TestAsk:
    def test_is_done_once_however_many_ask(self) -> None:
        draft = a_draft(a_table(), [row("chat", 2)])

        answers = at_once(*[lambda: reviewing.ask(draft=draft)] * 4)

        assert kinds(answers) == ["Review", *["ReviewExists"] * 3]
        assert Review.objects.filter(version=draft).count() == 1


class TestWithdraw:
    @pytest.mark.parametrize("turn", ROUNDS)
    def test_and_a_publish_come_one_after_the_other(self, turn: int) -> None:
        table = a_table()
        published(table, row("chat", 1))
        begins = moment_of_the_database() + timedelta(days=1)
        later = published(table, row("chat", 2), effective_from=begins)
        draft = a_draft(table, [row("chat", 3)])

        withdrawn, version = at_once(
            lambda: publishing.withdraw(version=later),
            lambda: publishing.publish(version=draft, effective_from=begins + timedelta(days=turn - 2)),
        )

        assert isinstance(withdrawn, Version)
        assert follow_each_other(table)
        lasting = Version.objects.filter(table=table).lasting().count()
        assert lasting == 1 + isinstance(version, Version)
        assert Epoch.objects.get(table=table).epoch == 3 + isinstance(version, Version)

    def test_happens_once(self) -> None:
        table = a_table()
        published(table, row("chat", 1))
        later = published(table, row("chat", 2), effective_from=moment_of_the_database() + timedelta(days=1))

        answers = at_once(*[lambda: publishing.withdraw(version=later)] * 4)

        assert kinds(answers) == [*["NotScheduled"] * 3, "Version"]
        assert all(isinstance(each, Version | NotScheduled) for each in answers)
        assert Withdrawal.objects.filter(version=later).count() == 1

    @pytest.mark.parametrize("turn", ROUNDS)
    def test_and_a_publish_never_wait_for_each_other_in_the_database(self, turn: int) -> None:
        table = a_table()
        published(table, row("chat", 1))
        begins = moment_of_the_database() + timedelta(days=1)
        later = published(table, row("chat", 2), effective_from=begins)
        draft = a_draft(table, [row("chat", 3)])

        def call(statement: str, *given: Any) -> str:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT outcome FROM {statement}", given)
                return str(cursor.fetchone()[0])

        answers = at_once(
            lambda: call("pricing_withdraw_v1(%s, NULL, '')", later.pk),
            lambda: call(
                "pricing_publish_v1(%s, %s, NULL, '', '[]', false)", draft.pk, begins + timedelta(days=1)
            ),
        )

        assert answers == ["withdrawn", "published"]
        assert follow_each_other(table)
