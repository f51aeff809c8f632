"""Won deals compared with orders, through the turns by which the courier does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from billing.models import ComparedDay, ComparisonTurn, Connection, Gap, GapResend
from billing.services import comparison_turns, connections, reconciling, resending
from billing.tests.connectors.hubspot_books import DEALS
from billing.tests.connectors.test_hubspot_synced import CONNECTORS, Hub
from usage.tests.made import clock, named

pytestmark = pytest.mark.committed


@pytest.fixture
def hub(committed_database: None, settings: Any) -> Iterator[Hub]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    hub = Hub()
    yield hub
    connections.set_state(connection_id=hub.row.pk, state=Connection.State.OFF)
    hub.server.close()


def worked(hub: Hub) -> list[tuple[str, str]]:
    """The open gaps once a turn is over, a moment later."""
    ComparisonTurn.objects.filter(connection=hub.row).update(next_at=clock())
    comparison_turns.work_due(CONNECTORS, 30)
    rows = Gap.objects.open().filter(subject__startswith=f"{hub.row.code} sale ")
    return [(each.kind, each.subject.rpartition(" ")[2]) for each in rows]


def compared(hub: Hub) -> list[tuple[str, str]]:
    reconciling.reconcile(first=clock().date(), last=clock().date())
    return worked(hub)


def test_deals_that_differ_have_gaps_until_they_agree(hub: Hub) -> None:
    acme, _ = hub.company()
    won, lost = hub.books.deal(acme), hub.books.deal(acme)
    hub.books.line(won, hub.pack)
    hub.books.line(lost, hub.pack)

    assert sorted(compared(hub)) == [("missing_here", each.id) for each in (won, lost)]
    hub.sync()
    assert compared(hub) == []

    hub.books.write(DEALS, lost, {"dealstage": "closedlost"})
    hub.books.delete(DEALS, won)
    assert sorted(compared(hub)) == [("missing_there", each.id) for each in (won, lost)]

    user = User.objects.create(username=named("fetcher"))
    for gap in Gap.objects.open().filter(subject__startswith=f"{hub.row.code} sale "):
        resending.ask(gap_id=gap.pk, reason="Fetch it.", user=user)
    worked(hub)
    hub.sync()
    GapResend.objects.filter(connection=hub.row, finished_at=None).update(next_at=clock())
    assert worked(hub) == [("missing_there", won.id)]
    assert hub.orders() == {won.id: "active", lost.id: "cancelled"}


def test_a_system_that_is_away_is_asked_again(hub: Hub) -> None:
    hub.server.failing = [(0, "500")]
    assert compared(hub) == []
    turn = ComparisonTurn.objects.get(connection=hub.row)
    assert "500" in turn.fault
    assert turn.next_at > clock()
    assert not ComparedDay.objects.filter(connection=hub.row).exists()

    connections.set_state(connection_id=hub.row.pk, state=Connection.State.PAUSED)
    connections.set_state(connection_id=hub.row.pk, state=Connection.State.ON)
    assert worked(hub) == []
    assert ComparedDay.objects.filter(connection=hub.row).count() == 1


def test_a_fault_of_ours_is_not_tried_again_at_once(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_asked: Any) -> int:
        raise RuntimeError("Something of ours.")

    monkeypatch.setattr(comparison_turns.comparing, "compare_day", fail)

    with pytest.raises(RuntimeError):
        compared(hub)

    turn = ComparisonTurn.objects.get(connection=hub.row)
    assert turn.next_at > clock() + comparison_turns.AFTER_FAULT / 2
