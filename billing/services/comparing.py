"""What outside systems have of what we sent, compared with what we know of it: gaps of a reconciliation."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

from billing.connectors.contract import Connector
from billing.models import Connection, Outgoing, Reconciliation
from billing.rules.connecting import ConnectionFault, Listed
from billing.rules.reconciling import Ours, Theirs
from billing.services.accesses import RenewedElsewhere, exchanged
from billing.services.connection_health import note_fault
from billing.services.reconciling import reconcile_with

log = logging.getLogger(__name__)

SLACK = timedelta(days=1)
"""How far apart the two books may date the same thing."""


def compare_what_was_reconciled(connectors: Mapping[str, Connector], since: datetime) -> int:
    """Compare the days of reconciliations that were done since; answers how many gaps there are."""
    runs = Reconciliation.objects.filter(state=Reconciliation.State.DONE, finished_at__gte=since)
    spans = dict.fromkeys(runs.order_by("pk").values_list("first_day", "last_day"))
    return sum(compare(connectors, first, last) for first, last in spans)


def compare(connectors: Mapping[str, Connector], first: date, last: date) -> int:
    """Compare days of UTC, both included, with each connection that can say what it has; answers how many gaps.

    One that can't be asked keeps the gaps it had; its health says why.
    """
    found = 0
    for row in Connection.objects.on():
        connector = connectors.get(row.kind)
        for kind in sorted(connector.lists) if connector else ():
            assert connector is not None
            try:
                found += _compare(row, connector, kind, first, last)
            except RenewedElsewhere:
                log.info("%s is not compared: its token is renewed elsewhere.", row.code)
            except ConnectionFault as fault:
                note_fault(row.pk, fault)
                log.warning("%s is not compared: %s", row.code, fault)
    return found


def _compare(row: Connection, connector: Connector, kind: str, first: date, last: date) -> int:
    since, until = _midnight(first) - SLACK, _midnight(last) + timedelta(days=1) + SLACK
    listed = exchanged(row, connector, partial(connector.listed, kind=kind, since=since, until=until))
    sent = Outgoing.objects.filter(
        connection=row, kind=kind, state=Outgoing.State.SENT, finished_at__gte=since, finished_at__lt=until
    )
    ours = [_ours(each) for each in sent.order_by("pk")]
    accounts = {each.external_id: each.account for each in ours}
    theirs = [_theirs(kind, each, accounts.get(each.external_id, "")) for each in listed]
    wanted = _named([*ours, *theirs], first, last)
    return reconcile_with(
        system=row.code,
        first=first,
        last=last,
        ours=[each for each in ours if each.external_id in wanted],
        theirs=[each for each in theirs if each.external_id in wanted],
    )


def _named(records: Iterable[Ours | Theirs], first: date, last: date) -> Collection[str]:
    """The records of these days by our own book, or by theirs where we have none."""
    days: dict[str, date] = {}
    for each in records:
        days.setdefault(each.external_id, each.occurred_on)
    return {name for name, day in days.items() if first <= day <= last}


def _ours(row: Outgoing) -> Ours:
    assert row.finished_at is not None
    return Ours(
        kind=row.kind,
        external_id=row.external_id,
        account=row.subject,
        customer=None,
        amount=Decimal(row.content["amount"]),
        currency=row.content["currency"],
        occurred_on=row.finished_at.astimezone(UTC).date(),
    )


def _theirs(kind: str, row: Listed, account: str) -> Theirs:
    day = row.at.astimezone(UTC).date()
    return Theirs(kind, row.external_id, account, row.amount, row.currency, day)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
