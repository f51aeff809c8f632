"""The demo, small, as whoever runs it has it: every kind of thing, right books, and in an empty database alone."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from billing.rules.demo_commerce import BUYERS, batches, months_of
from config.embedded.postgres import SUPERUSER
from config.embedded.pytest_databases import TestServices
from config.embedded.supervisor import SUPERVISED
from config.tests import sources
from config.tests.running import standing

SMALL = ("demo", "--days", "3", "--customers", "5")

Database = tuple[dict[str, str], psycopg.Connection[tuple[object, ...]]]


@pytest.fixture
def database(services: TestServices, tmp_path: Path) -> Iterator[Database]:
    name = f"demo_{services.worker}"
    with (
        standing(services, tmp_path, name) as environment,
        services.cluster.connect(SUPERUSER, name) as connection,
    ):
        yield environment | {SUPERVISED: "1", "PYTHONWARNINGS": "ignore"}, connection


def ran(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *SMALL],
        env=environment,
        cwd=sources.root(),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


class TestDemo:
    def test_tells_of_every_kind_with_right_books_once(self, database: Database) -> None:
        environment, connection = database

        first = ran(environment)

        assert first.returncode == 0, first.stdout + first.stderr
        assert "the books are right" in first.stdout
        assert "make up" in first.stdout
        for question, answer in FOUND.items():
            assert connection.execute(question).fetchall() == answer, question

        again = ran(environment)

        assert again.returncode == 1
        assert "in an empty database, and this one is not" in again.stderr


FOUND: dict[str, list[tuple[object, ...]]] = {
    # Everybody, what they used, and what was given back.
    "SELECT count(*) FROM wallets_account": [(13,)],
    "SELECT count(*) > 60, min(occurred_at) < now() - interval '50 days' FROM usage_debit": [(True, True)],
    "SELECT count(*) > 0 FROM usage_debit WHERE subject ->> 'team' = 'research'": [(True,)],
    "SELECT count(*) > 0 FROM usage_debit WHERE recorded_at > now()": [(False,)],
    "SELECT count(*) > 0 FROM usage_reversal": [(True,)],
    "SELECT floor_at > now() - interval '1 hour' FROM usage_rollups": [(True,)],
    "SELECT DISTINCT seat FROM usage_checkout ORDER BY 1": [("base",), ("overflow",)],
    "SELECT count(*) > 0 FROM usage_event": [(True,)],
    "SELECT count(*) FROM usage_waitingevent": [(0,)],
    "SELECT count(*) FROM usage_budget": [(2,)],
    "SELECT count(*) FROM usage_override": [(1,)],
    "SELECT count(*) > 0 FROM usage_apikey WHERE revoked_at IS NULL": [(False,)],
    # Prices that changed, and one that is announced.
    "SELECT v.number, v.effective_from > now() FROM pricing_version v JOIN pricing_ratetable t ON t.id = v.table_id "
    "WHERE t.code = 'standard' ORDER BY 1": [(1, False), (2, False), (3, False), (4, True)],
    # What was sold, tried, owed and closed.
    "SELECT DISTINCT state FROM billing_invoice ORDER BY 1": [("draft",), ("final",)],
    "SELECT count(*) FROM billing_creditnote": [(1,)],
    "SELECT count(*) FROM billing_quotation": [(5,)],
    "SELECT count(*) > 0 FROM billing_topup WHERE state = 'bought'": [(True,)],
    "SELECT count(*) FILTER (WHERE converted_at IS NOT NULL), count(*) > 3 FROM billing_trial": [(1, True)],
    "SELECT count(*) FROM billing_trialrequest WHERE verdict = ''": [(1,)],
    "SELECT count(*) > 0 FROM billing_accountingperiod": [(True,)],
    # Who may look at it, long invited; a customer's people of every role.
    "SELECT string_agg(role, ' ' ORDER BY role) FROM billing_contact": [
        ("buyer manager owner owner viewer",)
    ],
    "SELECT count(*) FROM billing_signinasked WHERE asked_at > now() - interval '50 days'": [(0,)],
    "SELECT kind, threshold FROM billing_alert": [("runs_out", 7)],
    # The connection: what was made of its calls, and what could not be told it.
    "SELECT state, count(*) FROM billing_handling GROUP BY 1 ORDER BY 1": [("applied", 7), ("waiting", 1)],
    "SELECT count(*) > 0 FROM billing_historicalquotation WHERE history_date > now()": [(False,)],
    "SELECT count(*) FROM auth_user WHERE username LIKE 'demo-%' AND password NOT LIKE '!%'": [(0,)],
}


class TestMonths:
    def test_are_the_present_one_and_the_two_before_it(self) -> None:
        january = datetime(2027, 1, 15, 12, tzinfo=UTC)

        assert [f"{each:%Y-%m-%d}" for each in months_of(january)] == [
            "2026-11-01",
            "2026-12-01",
            "2027-01-01",
        ]

    def test_are_worked_on_working_days(self) -> None:
        friday, monday = datetime(2026, 11, 6, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)

        assert [f"{at:%a}" for at, _ in batches(BUYERS[0], friday, monday)] == ["Fri", "Fri", "Mon", "Mon"]
