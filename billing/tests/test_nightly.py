"""The night's audit: once a night, made up for by day."""

from datetime import UTC, datetime

import pytest

from billing.models import Reconciliation
from billing.services import nightly, reconciling
from config.kernel.models import AuditRun, Run

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


NIGHTS = [(2, 0, 40), (2, 14, 0), (3, 0, 29), (3, 0, 30)]


def test_audits_once_a_night_however_many_bells_ring() -> None:
    bells = [at(23, 2, 59), at(23, 3), at(23, 3, 10), at(23, 14), at(24, 2, 59), at(24, 3)]

    done = [nightly.audit_once_a_night(bell) for bell in bells]

    assert done == [True, True, False, False, False, True]
    assert list(Run.objects.filter(job="audit").order_by("pk").values_list("period", flat=True)) == [
        "2026-11-22T03:00:00Z",
        "2026-11-23T03:00:00Z",
        "2026-11-24T03:00:00Z",
    ]
    assert AuditRun.objects.count() == 3


def test_keeps_the_verdict_with_the_run() -> None:
    nightly.audit_once_a_night(at(23, 3))

    audit = AuditRun.objects.get()
    assert Run.objects.get(job="audit").detail == {
        "is_clean": audit.is_clean,
        "lies": len(audit.findings),
        "audit": audit.pk,
    }


def test_asks_for_yesterday_and_for_a_month_that_was_not_reconciled_since_it_was_over() -> None:
    first, *later = (at(day, hour, minute).replace(year=2001) for day, hour, minute in NIGHTS)

    assert nightly.reconcile_once_a_night(first)
    reconciling.work()
    assert [nightly.reconcile_once_a_night(bell) for bell in later] == [False, False, True]

    runs = Reconciliation.objects.order_by("pk").values_list("first_day", "last_day", "state")
    assert [(f"{first:%m-%d}", f"{last:%m-%d}", state) for first, last, state in runs] == [
        ("11-01", "11-01", "done"),
        ("10-01", "10-31", "done"),
        ("11-02", "11-02", "waiting"),
    ]
