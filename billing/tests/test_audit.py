"""The audit as a command and as a job."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.services import auditing
from billing.tests.books import keep_books
from billing.tests.pen import falsify
from config.kernel.audit import Check, Promise
from config.kernel.models import AuditRun

pytestmark = pytest.mark.usefixtures("own_database")

FLOOR = "A wallet may go as far below zero as its account's last policy says, and without one not at all."


def audit(*words: str) -> tuple[str, int]:
    """What `manage.py audit` prints, and its exit status."""
    told = io.StringIO()
    try:
        call_command("audit", *words, stdout=told, stderr=told)
    except SystemExit as end:
        return told.getvalue(), int(end.code or 0)
    return told.getvalue(), 0


class TestCommand:
    def test_ends_with_one_where_the_books_lie(self, owner_db: None) -> None:
        books = keep_books()
        falsify(books, "wallets_wallet", "UPDATE wallets_wallet SET floor = -1000 WHERE id = %(wallet)s")

        text, status = audit()

        assert status == 1
        assert f"Broken: wallet_floor_is_the_policy. {FLOOR}" in text
        assert f"wallet {books.names['wallet']}, floor -1000.000000, policy -100.000000" in text
        assert "The books lie: 1 of " in text

    def test_ends_with_zero_where_they_are_right(self, owner_db: None) -> None:
        keep_books()

        text, status = audit()

        assert status == 0
        assert "The books are right: " in text
        assert "Broken" not in text

    def test_tells_programs_every_verdict_and_every_lie(self, owner_db: None) -> None:
        books = keep_books()
        falsify(books, "wallets_wallet", "UPDATE wallets_wallet SET floor = -1000 WHERE id = %(wallet)s")

        text, status = audit("--json")
        told = json.loads(text)

        assert status == 1
        assert not told["is_clean"]
        assert {check["check"] for check in told["checks"]} == {check.name for check in auditing.checks()}
        assert told["lies"] == [
            {
                "check": "wallet_floor_is_the_policy",
                "promise": "3 within policy",
                "says": FLOOR,
                "row": {
                    "account": str(books.account),
                    "wallet": str(books.names["wallet"]),
                    "floor": "-1000.000000",
                    "policy": "-100.000000",
                },
            }
        ]
        assert told["counts"]["accounts"] >= 2

    @pytest.mark.django_db
    def test_counts_one_as_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = {"accounts": 1, "entries": 1, "debit_lines": 1, "rates": 2, "grants": 0}
        counted = {name: f"generate_series(1, {count})" for name, count in rows.items()}
        monkeypatch.setattr(auditing, "COUNTED", counted)

        text, _ = audit("--check", "debit_is_its_lines")

        assert text.rstrip().endswith("over 1 account, 1 entry, 1 debit line, 2 rates.")

    @pytest.mark.django_db
    def test_asks_one_check_alone(self) -> None:
        text, status = audit("--check", "debit_is_its_lines")

        assert status == 0
        assert "The books are right: 1 check holds, in " in text

    @pytest.mark.django_db
    def test_refuses_a_check_that_is_not_there(self) -> None:
        with pytest.raises(CommandError, match=r"There is no check debit_is_fun\..*--list"):
            audit("--check", "debit_is_fun")


@pytest.mark.committed
class TestSnapshot:
    def test_writes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        writing = Check("writes", Promise.SHAPE, "", "SELECT nextval('kernel_auditrun_id_seq')")
        monkeypatch.setattr(auditing.house, "CHECKS", (writing,))

        (finding,) = auditing.findings(["writes"])

        assert "read-only transaction" in finding.fault

    def test_sees_one_state_throughout(self, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        count = "SELECT count(*) AS runs FROM kernel_auditrun"
        looks = tuple(Check(name, Promise.SHAPE, "", count) for name in ("first_look", "second_look"))
        monkeypatch.setattr(auditing.house, "CHECKS", looks)

        def write_between(place: int, _total: int, _name: str) -> None:
            if place == 2:
                owner.execute(
                    "INSERT INTO kernel_auditrun (started_at, finished_at, is_clean, findings, counts)"
                    " VALUES (now(), now(), true, '[]', '{}')"
                )

        report = auditing.examine(["first_look", "second_look"], tell=write_between)

        assert report.findings[0].lies == report.findings[1].lies

    def test_may_take_its_time(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '1ms'; SET transaction_timeout = '100ms'")
            try:
                assert not [finding.fault for finding in auditing.findings()]
            finally:
                cursor.execute("RESET statement_timeout; RESET transaction_timeout")


class TestFindings:
    def test_tell_a_check_that_cannot_be_asked(self, owner_db: None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW wallets_movement")

        found = auditing.findings(["wallet_balance_is_its_entries", "debit_is_its_lines"])

        assert [finding.check.name for finding in found] == ["wallet_balance_is_its_entries"]
        assert "wallets_movement" in found[0].fault

    def test_name_at_most_a_hundred_lies_of_a_check(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        many = Check("many", Promise.SHAPE, "Nothing is.", "SELECT n FROM generate_series(1, 1000) AS n")
        monkeypatch.setattr(auditing.house, "CHECKS", (many,))

        (finding,) = auditing.findings(["many"])

        assert len(finding.lies) == 100
        assert finding.has_more

    def test_of_a_fault_in_python_is_not_swallowed(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(auditing.UnknownCheck):
            auditing.findings(["no_such_check"])


class TestRun:
    def test_keeps_a_clean_result(self, db: None) -> None:
        run = auditing.run()

        assert AuditRun.objects.get() == run
        assert run.is_clean
        assert run.findings == []
        assert run.counts["checks"] == len(auditing.checks())
        assert run.started_at < run.finished_at

    def test_keeps_what_it_found(self, owner_db: None) -> None:
        books = keep_books()
        falsify(books, "wallets_wallet", "UPDATE wallets_wallet SET floor = -1000 WHERE id = %(wallet)s")

        kept = AuditRun.objects.get(pk=auditing.run().pk)

        assert not kept.is_clean
        assert [finding["row"]["floor"] for finding in kept.findings] == ["-1000.000000"]


class TestRoles:
    def test_one_role_for_everything_is_told_and_no_lie(self, owner_db: None, settings: Any) -> None:
        settings.DATABASE_APP_ROLE = connection.settings_dict["USER"]

        report = auditing.examine()

        assert report.is_clean
        assert "app_role_is_only_the_app" in {finding.check.name for finding in report.notes}
