"""Rows read as they are taken."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection

from config.kernel.models import Run
from config.kernel.streaming import one_state, streamed
from config.tests import sources


def runs(many: int) -> str:
    """So many runs of a job that no other test has."""
    job, now = uuid4().hex, datetime.now(UTC)
    Run.objects.bulk_create(Run(job=job, period=f"{n:05}", started_at=now) for n in range(many))
    return job


@pytest.mark.committed
class TestStreamed:
    def test_gives_each_row_as_one_state_has_them(self) -> None:
        job = runs(2500)

        read = streamed(Run.objects.filter(job=job).order_by("period").values_list("period", flat=True))
        first = next(read)
        rest = list(read)

        assert [first, *rest] == [f"{n:05}" for n in range(2500)]
        assert not connection.in_atomic_block

    def test_leaves_no_transaction_behind_when_nobody_reads_on(self) -> None:
        read = streamed(Run.objects.filter(job=runs(3)))
        next(read)
        assert connection.in_atomic_block
        read.close()

        assert not connection.in_atomic_block

    def test_writes_nothing(self) -> None:
        with one_state(), pytest.raises(Exception, match="read-only transaction"):
            runs(1)


def test_rows_are_read_by_this_alone() -> None:
    found = [path for path in sources.python_files() if ".iterator(" in path.read_text()]

    assert [path for path in found if path.name not in ("test_streaming.py", "streaming.py")] == []
