"""How a connection rests: as long as it was asked to, whatever else goes on meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.models import Connection, ConnectionHealth
from billing.rules.connecting import Later, Unreachable
from billing.services.connection_health import note_fault, note_success
from usage.tests.made import clock

pytestmark = pytest.mark.committed

DOWN = Unreachable("It answered 500.", 500)


def rest(row: Connection) -> float:
    """Seconds that it still rests, rounded to five."""
    until = ConnectionHealth.objects.get(connection=row).rests_until
    return 5 * round((until - clock()).total_seconds() / 5) if until else 0


def test_what_was_asked_for_holds_whatever_follows(plain: Connection) -> None:
    note_fault(plain.pk, Later("They ask for a pause (429).", 3600))
    note_success(plain.pk)
    assert rest(plain) == 3600

    for fault in (DOWN, DOWN, DOWN, Later("They ask for a pause (429).", 5)):
        note_fault(plain.pk, fault)
        assert rest(plain) == 3600

    health = ConnectionHealth.objects.get(connection=plain)
    assert (health.silent, health.fault) == (4, "They ask for a pause (429).")


def test_failures_in_a_row_lengthen_it_and_a_success_ends_the_row(plain: Connection) -> None:
    rests = []
    for _ in range(4):
        note_fault(plain.pk, DOWN)
        rests.append(rest(plain))
    assert rests == [0, 15, 30, 60]

    ConnectionHealth.objects.filter(connection=plain).update(silent=1_000_000)
    note_fault(plain.pk, DOWN)
    assert rest(plain) == 600

    ConnectionHealth.objects.filter(connection=plain).update(rests_until=clock() - timedelta(seconds=1))
    note_success(plain.pk)
    note_fault(plain.pk, DOWN)
    health = ConnectionHealth.objects.get(connection=plain)
    assert health.silent == 1
    assert health.rests_until is not None
    assert health.rests_until < clock()
