"""The night's audit: once a night, made up for by day."""

from datetime import UTC, datetime

import pytest

from billing.services import nightly
from config.kernel.models import AuditRun, Run

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


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
