"""The audit is quick enough to run every night, and at every end of a benchmark."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from billing.services import auditing
from billing.tests.million import write_many

pytestmark = [pytest.mark.soak, pytest.mark.committed, pytest.mark.timeout(900)]


class TestExamine:
    def test_proves_a_million_entries_within_a_minute(
        self, owner: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        entries = write_many(owner, accounts=10_000, debits=49)

        report = auditing.examine()

        took = (report.finished_at - report.started_at).total_seconds()
        with capsys.disabled():
            slowest = sorted(report.findings, key=lambda finding: -finding.seconds)[:12]
            told = [f"  {finding.seconds:6.2f} s  {finding.check.name}" for finding in slowest]
            sys.stdout.write("\n".join(["", f"{entries:,} entries: {took:.1f} s", *told, ""]))
        assert [auditing.told(finding)[:3] for finding in report.lies] == []
        assert report.counts["entries"] >= entries
        assert took < 60

    def test_is_not_slower_where_one_wallet_has_them_all(self, owner: Any) -> None:
        entries = write_many(owner, accounts=1, debits=50_000)

        report = auditing.examine()

        took = (report.finished_at - report.started_at).total_seconds()
        assert report.is_clean
        assert report.counts["entries"] >= entries
        assert took < 60
