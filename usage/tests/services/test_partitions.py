from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg.errors import CheckViolation, LockNotAvailable

from config.kernel.database import call
from usage.models import Event, EventIdentity
from usage.queries.queue import months_ahead
from usage.rules.events import SentEvent
from usage.services import accepting, partitions
from usage.tests.made import Shop, named
from usage.tests.reported import an_event, report, the_event

FAR = datetime(2031, 5, 20, tzinfo=UTC)


def months() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'usage_event'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def make(now: datetime, ahead: int = 0) -> list[str]:
    made: list[str] = call(
        "SELECT usage_event_partitions_v1(%(ahead)s, %(now)s) AS names", {"ahead": ahead, "now": now}
    ).names
    return made


def detach(keep: int, now: datetime) -> list[str]:
    names: list[str] = call(
        "SELECT usage_event_detach_v1(%(keep)s, %(now)s) AS names", {"keep": keep, "now": now}
    ).names
    return names


def taken_in(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let events be taken in as if it were then."""
    statement = f"SELECT place, outcome FROM usage_accept_v1($1::jsonb, '{now.isoformat()}')"
    monkeypatch.setattr(accepting, "ACCEPT", statement)


@pytest.mark.django_db
class TestMakeAhead:
    def test_makes_the_month_and_those_after_it(self) -> None:
        assert make(FAR, 2) == ["usage_event_2031_05", "usage_event_2031_06", "usage_event_2031_07"]
        assert make(FAR, 3) == ["usage_event_2031_08"]
        assert months() >= {"usage_event_2031_05", "usage_event_2031_08"}

    def test_has_been_done_three_months_ahead_by_the_migration(self) -> None:
        assert partitions.make_ahead() == []
        assert months_ahead() >= 3

    def test_begins_a_month_at_its_first_instant_in_utc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make(FAR)
        shop = Shop()
        sent = [an_event(shop, named("nobody")) for _ in range(2)]
        for each, now in zip(sent, ["2031-05-01T00:00:00Z", "2031-05-31T23:59:59.999999Z"], strict=True):
            taken_in(monkeypatch, datetime.fromisoformat(now))
            report(shop, each)

        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_inherits, usage_event WHERE usage_event.tableoid = inhrelid "
                           "AND inhrelid = 'usage_event_2031_05'::regclass")  # fmt: skip
            assert cursor.fetchone() == (2,)

    @pytest.mark.parametrize("ahead", [-1, 25])
    def test_makes_no_more_than_two_years(self, ahead: int) -> None:
        with pytest.raises(Exception, match="months ahead"):
            make(FAR, ahead)


class TestGuards:
    def test_guards_each_month(self, owner_db: None) -> None:
        make(FAR)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'usage_event_2031_05'::regclass ORDER BY 1"
            )
            assert cursor.fetchall() == [
                ("usage_event_2031_05_never_empties", "A"),
                ("usage_event_only_grows", "A"),
            ]


class TestDetachOld:
    """Rolled back, and as the owner, who alone can clear the queue behind the product's back."""

    @pytest.fixture
    def sent(self, owner_db: None, monkeypatch: pytest.MonkeyPatch) -> list[SentEvent]:
        """An event in each of three months, all of whom wait."""
        shop, found = Shop(), []
        for month in (1, 2, 3):
            now = datetime(2031, month, 10, tzinfo=UTC)
            make(now)
            taken_in(monkeypatch, now)
            found.append(an_event(shop, named("nobody"), feature=named("unheard")))
            report(shop, found[-1])
        return found

    def test_keeps_a_month_of_which_an_event_waits(self, sent: list[SentEvent]) -> None:
        assert [name for name in detach(3, FAR) if "2031" in name] == []

    def test_detaches_what_is_older_and_keeps_identities(self, sent: list[SentEvent]) -> None:
        ids = [the_event(each).pk for each in sent]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM usage_waitingevent WHERE event_id = ANY (%s)", [ids])

        assert [name for name in detach(3, FAR) if "2031" in name] == ["usage_event_2031_01"]

        assert not Event.objects.filter(pk=ids[0]).exists()
        assert Event.objects.filter(pk__in=ids[1:]).count() == 2
        assert EventIdentity.objects.filter(event_id__in=ids).count() == 3
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM usage_event_2031_01")
            assert cursor.fetchall() == [(ids[0],)]

    def test_knows_an_event_of_a_detached_month_when_it_comes_again(self, sent: list[SentEvent]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM usage_waitingevent WHERE event_id = %s", [the_event(sent[0]).pk])
        detach(3, FAR)

        assert report(Shop(), sent[0]).duplicates == 1

    def test_keeps_all_where_no_months_are_said(self, db: None) -> None:
        assert partitions.detach_old(0) == []

    @pytest.mark.parametrize("keep", [-1, 0, 2])
    def test_keeps_three_months_at_least(self, db: None, keep: int) -> None:
        with pytest.raises(Exception, match="too few"):
            detach(keep, FAR)


@pytest.mark.committed
class TestAMonthThatNobodyMade:
    def test_is_made_by_the_first_event_that_needs_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        now = datetime(2031, 1 + uuid4().int % 12, 3, tzinfo=UTC)
        shop = Shop()
        taken_in(monkeypatch, now)
        monkeypatch.setattr(partitions, "make_ahead", lambda: make(now))
        sent = an_event(shop, named("nobody"))

        assert report(shop, sent).accepted == 1

        assert the_event(sent).recorded_at == now

    def test_refuses_events_where_it_can_not_be_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = Shop()
        taken_in(monkeypatch, datetime(2044, 1, 1, tzinfo=UTC))
        sent = an_event(shop, named("nobody"))

        with pytest.raises(CheckViolation):
            report(shop, sent)

        assert not EventIdentity.objects.filter(sent_id=sent.sent_id).exists()


@pytest.mark.committed
class TestRights:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {month} SET quantity = 1",
            "DELETE FROM {month}",
            "TRUNCATE {month}",
            "INSERT INTO {month} DEFAULT VALUES",
            "DROP TABLE {month}",
            "ALTER TABLE usage_event DETACH PARTITION {month}",
            "DELETE FROM usage_waitingevent",
            "INSERT INTO usage_waitingevent DEFAULT VALUES",
        ],
    )
    def test_let_the_app_change_nothing_of_a_month(self, statement: str) -> None:
        partitions.make_ahead()
        month = sorted(months())[0]

        with pytest.raises(Exception) as refusal, connection.cursor() as cursor:
            cursor.execute(statement.format(month=month))

        assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)

    def test_let_nobody_wait_for_a_month_that_is_made(self, owner: psycopg.Connection[Any]) -> None:
        """Attaching takes a lock that taking events in does not conflict with."""
        with connection.cursor() as cursor, owner.transaction():
            owner.execute("LOCK TABLE usage_event IN SHARE UPDATE EXCLUSIVE MODE")
            cursor.execute("SET lock_timeout = '1s'")
            shop = Shop()
            assert report(shop, an_event(shop, named("nobody"))).accepted == 1
            with pytest.raises(Exception) as refusal:
                make(datetime(2033, 1, 1, tzinfo=UTC))
            assert isinstance(refusal.value.__cause__, LockNotAvailable)
