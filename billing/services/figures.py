"""Figures of accounts for fields of outside systems: an account is looked at after it moved, and once a day.

What it costs follows from how much moved, and not from how many accounts or how much history there is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from billing.models import Connection, FigureLook, FigureReading, Link
from billing.queries.account_figures import figures_of, last_told, uses_of
from billing.queries.account_signals import seen_of
from billing.rules.connecting import CUSTOMER, FIELDS, TASK
from billing.rules.figures import AccountFigures, fingerprint, told
from billing.rules.mapping import OUT, Mapped, Target
from billing.rules.signals import Signal, signals
from billing.services import outgoing
from billing.services.accesses import Connectors
from billing.services.connections import rules_of
from config.kernel.identity import first_id_at
from config.kernel.running import alone_at
from usage.queries.moments import database_clock
from wallets.models import Account

JOB, READING = "note figures", "movements"
OVERLAP = timedelta(minutes=2)
"""What commits later than so long after it was written is found by the daily look."""
REST = timedelta(hours=1)
"""An account that moves all the time is told of this often at most; one that was quiet, at once."""
DAILY = timedelta(days=1)
PAGE = 100


@dataclass(frozen=True, slots=True)
class Writing:
    """What a connection is told of its customers: which kinds of messages, and which figures in which fields."""

    connection_id: int
    sends: frozenset[str]
    targets: Sequence[Target]
    mapped: Mapped


@dataclass(frozen=True, slots=True)
class Customer:
    """An account that is a customer of a connection: our reference of it, and since when it is that customer."""

    reference: str
    since: datetime


def note_changes(connectors: Connectors, seconds: float = 30.0) -> int:
    """Let connections be told of customers whose figures changed, and of what a seller should look at.

    Works for about so many seconds; the next time goes on. Answers how many messages were put.
    """
    until, count = monotonic() + seconds, 0
    with alone_at(JOB) as is_alone:
        if not is_alone or not _writings(connectors):
            return 0
        _read_movements(database_clock())
        while monotonic() < until and (page := _due()):
            count += _look_at(page, _writings(connectors))
    return count


def _writings(connectors: Connectors) -> list[Writing]:
    found = []
    for pk, kind in Connection.objects.on().values_list("pk", "kind"):
        connector = connectors.get(kind)
        if connector is not None and connector.sends & {FIELDS, TASK}:
            targets = [each for each in connector.targets if each.direction == OUT]
            found.append(Writing(pk, connector.sends, targets, rules_of(pk, targets, OUT)))
    return found


# What moved: entries of the ledger, holds, expiries, versions of orders, and links; by identities that carry the time.
_MOVED = """
WITH moved AS (
    SELECT account_id FROM wallets_entry WHERE id >= %(first)s
    UNION SELECT account_id FROM wallets_holdentry WHERE id >= %(first)s
    UNION SELECT account_id FROM wallets_expirychange WHERE id >= %(first)s
    UNION SELECT account_id FROM billing_orderversion WHERE id >= %(first)s
    UNION SELECT about_id FROM billing_link WHERE changed_at >= %(since)s AND about_id IS NOT NULL
)
INSERT INTO billing_figurelook AS f (account_id, due_at)
SELECT m.account_id, %(now)s FROM moved m
WHERE EXISTS (SELECT FROM billing_link l WHERE l.about_id = m.account_id AND l.kind = %(kind)s AND l.state = 'linked')
ORDER BY 1
ON CONFLICT (account_id) DO UPDATE
SET due_at = least(f.due_at, greatest(%(now)s, coalesce(f.looked_at + %(rest)s, %(now)s)))
WHERE f.due_at > EXCLUDED.due_at
"""


@transaction.atomic
def _read_movements(now: datetime) -> None:
    """Let accounts be due that moved since the last time; all that are linked where that is longer ago than a day."""
    reading, is_first = FigureReading.objects.get_or_create(name=READING, defaults={"read_until": now})
    is_first = is_first or reading.read_until < now - DAILY
    since = datetime(2000, 1, 1, tzinfo=UTC) if is_first else reading.read_until - OVERLAP
    first = first_id_at(now if is_first else since)
    given: dict[str, Any] = {"first": first, "since": since, "now": now, "kind": CUSTOMER, "rest": REST}
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off"
        )  # whatever the planner believes, no table is read as a whole
        cursor.execute(_MOVED, given)
    FigureReading.objects.filter(name=READING).update(read_until=now)


def _due() -> list[FigureLook]:
    rows = FigureLook.objects.filter(due_at__lte=database_clock()).select_related("account")
    return list(rows.order_by("due_at")[:PAGE])


def _look_at(page: Sequence[FigureLook], writings: Sequence[Writing]) -> int:
    """Put what is to be told of these accounts, and say when each is looked at again. Answers how much was put."""
    now = database_clock()
    accounts = [look.account for look in page]
    uses = uses_of(accounts, now)
    figures = figures_of(accounts, uses, now)
    found = [(pk, signal) for pk, seen in seen_of(figures, uses, now) for signal in signals(seen)]
    with transaction.atomic():
        put = 0
        for writing in writings:
            customers = _customers(writing, accounts)
            if FIELDS in writing.sends:
                put += _put_fields(writing, customers, figures)
            if TASK in writing.sends:
                put += _put_tasks(writing, customers, found)
        due = _due_anew(page)
        for look in page:
            look.looked_at, look.due_at = now, due.get(look.pk, now + DAILY)
        FigureLook.objects.bulk_update(page, ["looked_at", "due_at"])
    return put


def _due_anew(page: Sequence[FigureLook]) -> dict[UUID, datetime]:
    """Accounts that somebody let be due again since the page was taken, each with its time. Locks the page."""
    rows = FigureLook.objects.select_for_update().filter(pk__in=[look.pk for look in page]).order_by("pk")
    present = dict(rows.values_list("pk", "due_at"))
    return {look.pk: present[look.pk] for look in page if present[look.pk] != look.due_at}


def _customers(writing: Writing, accounts: Sequence[Account]) -> dict[UUID, Customer]:
    """Which of these accounts are customers there."""
    linked = Link.objects.filter(
        about__in=accounts, connection=writing.connection_id, kind=CUSTOMER, state=Link.State.LINKED
    )
    since = dict(linked.values_list("about_id", "changed_at"))
    return {each.pk: Customer(each.reference, since[each.pk]) for each in accounts if each.pk in since}


def _put_fields(
    writing: Writing, customers: Mapping[UUID, Customer], figures: Mapping[UUID, AccountFigures]
) -> int:
    """Put the fields of customers, where they are others than were put last, or the customer was linked since.

    The key names the message before: what changed back is told again, and two who look at once put one.
    """
    references = [each.reference for each in customers.values()]
    last = last_told(writing.connection_id, FIELDS, references)
    count = 0
    for pk, customer in customers.items():
        fields = told(figures[pk], writing.targets, writing.mapped)
        former = last.get(customer.reference)
        if fields and (former is None or former.at < customer.since or fields != json.loads(former.content)):
            key = f"{FIELDS}:{pk}:{former.pk if former else 'first'}:{fingerprint(fields)}"
            count += outgoing.put(
                writing.connection_id, FIELDS, key, customer.reference, fields, replaces=True
            )
    return count


def _put_tasks(
    writing: Writing, customers: Mapping[UUID, Customer], found: Sequence[tuple[UUID, Signal]]
) -> int:
    """Put a task a signal, account and occasion: found again tomorrow, it is the same one."""
    return sum(
        outgoing.put(
            writing.connection_id,
            TASK,
            f"{TASK}:{signal.code}:{pk}:{signal.period}",
            customers[pk].reference,
            {
                "signal": signal.code,
                "title": signal.title,
                "evidence": signal.told,
                "due_on": signal.due_on.isoformat(),
            },
        )
        for pk, signal in found
        if pk in customers
    )
