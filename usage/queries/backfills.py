"""What is in a backfill, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from usage.models import WaitingEvent

LINES_SHOWN = 100


@dataclass(frozen=True)
class BackfillLine:
    """Events of one account and feature. since, until: the first and the last instant of their usage."""

    account: str
    feature: str
    events: int
    quantity: Decimal
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Progress:
    """Of the events that were approved: how many there are, are booked, and were given back; and what that came to."""

    events: int
    booked: int
    tokens: Decimal
    returned: int


def gathered(backfill_id: int) -> tuple[int, list[BackfillLine]]:
    """How many events wait in a backfill, and the accounts and features that have the most of them."""
    with connection.cursor() as cursor:
        cursor.execute(_GATHERED, [backfill_id, LINES_SHOWN])
        lines = [BackfillLine(*row) for row in cursor.fetchall()]
    return WaitingEvent.objects.filter(backfill_id=backfill_id).count(), lines


_GATHERED = """
    SELECT e.account, e.feature, count(*), sum(e.quantity), min(e.occurred_at), max(e.occurred_at)
    FROM usage_waitingevent w JOIN usage_event e ON e.id = w.event_id AND e.recorded_at = w.recorded_at
    WHERE w.backfill_id = %s GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %s
"""

_DEBITS = """
    FROM usage_backfillevent b
    JOIN wallets_account a ON a.reference = b.account
    JOIN usage_claim c ON c.account_id = a.id AND c.product_id = b.product_id AND c.key = 'event ' || b.event_id
    LEFT JOIN LATERAL (SELECT x.replacement_id FROM usage_correction x
                       WHERE x.account_id = c.account_id AND x.root_id = c.effect_id
                       ORDER BY x.replacement_id DESC LIMIT 1) AS last ON true
    JOIN usage_debit d ON d.id = coalesce(last.replacement_id, c.effect_id) AND d.account_id = c.account_id
    LEFT JOIN usage_correction made ON made.account_id = d.account_id AND made.replacement_id = d.id
    LEFT JOIN LATERAL (SELECT sum(r.tokens) AS tokens,
                              count(*) FILTER (WHERE r.id IS DISTINCT FROM made.courtesy_id) AS times
                       FROM usage_reversal r
                       WHERE r.account_id = d.account_id AND r.debit_id = d.id) AS back ON true
    WHERE b.backfill_id = %(backfill)s
"""
_IS_BACK = "(back.times > 0 AND coalesce(back.tokens, 0) = d.tokens)"


def progress(backfill_id: int) -> Progress:
    """What became of the events that were approved with a backfill."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM usage_backfillevent WHERE backfill_id = %(backfill)s),"
            f" count(*), coalesce(sum(d.tokens), 0), count(*) FILTER (WHERE {_IS_BACK}) {_DEBITS}",
            {"backfill": backfill_id},
        )
        return Progress(*cursor.fetchone())


def debits_to_return(backfill_id: int, most: int) -> list[tuple[UUID, UUID, int]]:
    """Debits of a backfill of which something is left: each with its account and product."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.id, d.account_id, d.product_id {_DEBITS} AND NOT {_IS_BACK} "
            "ORDER BY d.account_id, d.id LIMIT %(most)s",
            {"backfill": backfill_id, "most": most},
        )
        return list(cursor.fetchall())


def too_old(
    account: str | None, since: datetime | None, until: datetime | None, after: UUID | None, most: int
) -> Sequence[UUID]:
    """The next so many events that are too old, the oldest first: of one account, of usage between two instants."""
    rows = WaitingEvent.objects.filter(reason__in=["too_old", "discarded"]).order_by("event_id")
    if account:
        rows = rows.filter(account=account)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    if until is not None:
        rows = rows.filter(occurred_at__lt=until)
    if after is not None:
        rows = rows.filter(event_id__gt=after)
    return list(rows.values_list("event_id", flat=True)[:most])


def identities(named: Sequence[tuple[str, str, str]]) -> list[UUID]:
    """The events of these accounts, sources and ids."""
    accounts, sources, sent_ids = zip(*named, strict=True) if named else ((), (), ())
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT i.event_id FROM unnest(%s::text[], %s::text[], %s::text[]) AS n (account, source, sent_id)
               JOIN usage_eventidentity i ON i.account = n.account AND i.source = n.source AND i.sent_id = n.sent_id""",
            [list(accounts), list(sources), list(sent_ids)],
        )
        return [event_id for (event_id,) in cursor.fetchall()]
