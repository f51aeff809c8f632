"""Won opportunities compared with orders, by the turns in which the courier does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from billing.models import ComparedDay, ComparisonTurn, Connection, Gap, GapResend
from billing.services import comparison_turns, connections, reconciling, resending
from billing.tests.connectors.test_salesforce_synced import CONNECTORS, Org
from usage.tests.made import clock, named

pytestmark = pytest.mark.committed


@pytest.fixture
def org(committed_database: None, settings: Any) -> Iterator[Org]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    org = Org()
    org.books.begin(clock())
    yield org
    connections.set_state(connection_id=org.row.pk, state=Connection.State.OFF)
    org.server.close()


def worked(org: Org) -> list[tuple[str, str]]:
    """The open gaps once a turn is over, a moment later."""
    ComparisonTurn.objects.filter(connection=org.row).update(next_at=clock())
    comparison_turns.work_due(CONNECTORS, 30)
    rows = Gap.objects.open().filter(subject__startswith=f"{org.row.code} sale ")
    return sorted((each.kind, each.subject.rpartition(" ")[2]) for each in rows)


def compared(org: Org) -> list[tuple[str, str]]:
    reconciling.reconcile(first=clock().date(), last=clock().date())
    return worked(org)


def test_opportunities_that_differ_have_gaps_until_they_agree(org: Org) -> None:
    acme, _ = org.account()
    won, lost = org.books.opportunity(acme), org.books.opportunity(acme)
    for each in (won, lost):
        org.books.line(each, org.pack)
    org.books.opportunity(acme, "Prospecting")

    assert compared(org) == sorted(("missing_here", each.id) for each in (won, lost))
    org.books.pass_by(seconds=2)
    org.sync()
    assert org.orders() == {won.id: "active", lost.id: "active"}
    assert compared(org) == []

    org.books.write(lost, {"StageName": "Closed Lost"})
    org.books.delete(won)
    assert compared(org) == sorted(("missing_there", each.id) for each in (won, lost))

    user = User.objects.create(username=named("fetcher"))
    for gap in Gap.objects.open().filter(subject__startswith=f"{org.row.code} sale "):
        resending.ask(gap_id=gap.pk, reason="Fetch it.", user=user)
    worked(org)
    org.sync()
    GapResend.objects.filter(connection=org.row, finished_at=None).update(next_at=clock())
    assert worked(org) == []
    assert org.orders() == {won.id: "cancelled", lost.id: "cancelled"}


def test_a_page_that_is_forgotten_is_asked_for_anew(org: Org) -> None:
    org.server.calls.finder.page = 2
    acme, _ = org.account()
    sold = [org.books.opportunity(acme) for _ in range(5)]
    for each in sold:
        org.books.line(each, org.pack)
    org.server.failing = [(2, "locator")]

    assert compared(org) == sorted(("missing_here", each.id) for each in sold)


def test_an_org_that_is_away_opens_no_gap(org: Org) -> None:
    acme, _ = org.account()
    org.books.line(org.books.opportunity(acme), org.pack)
    org.server.failing = [(1, "500")]

    assert compared(org) == []
    assert not ComparedDay.objects.filter(connection=org.row).exists()
