"""Which debits a re-rating is of, slice by slice, and what is left to be taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from usage.models import Debit, DebitLine
from usage.queries.lines import with_prices
from usage.rules.rerating import After, Interval, Place

ACCOUNTS_AT_ONCE = 64
RECORDED_BEFORE = timedelta(minutes=5)
"""How long before it occurred usage may be recorded."""
FIRST = UUID(int=0)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Used:
    """A debit to be charged anew, with its lines. restores, restored: as which it is charged if taken back."""

    place: Place
    debit: Debit
    lines: Sequence[DebitLine]
    restored: Sequence[DebitLine] = ()
    restores: Debit | None = None


def next_places(interval: Interval, after: After | None, most: int) -> list[Place]:
    """The next so many debits of the interval, of which something may be left: by account, then as first charged."""
    given: dict[str, Any] = {
        **asdict(interval),
        "begins": interval.since - RECORDED_BEFORE,
        "most": most,
        "accounts_at_once": ACCOUNTS_AT_ONCE,
    }
    last = after.account if after else FIRST
    behind = {after.account: (after.at, after.root)} if after else {}
    found: list[Place] = []
    with connection.cursor() as cursor:
        while len(found) < most:
            cursor.execute(_ACCOUNTS, {**given, "last": last})
            accounts = [*behind, *(account for (account,) in cursor.fetchall())]
            if not accounts:
                break
            starts = [behind.get(account, (LONG_AGO, FIRST)) for account in accounts]
            columns = {
                "accounts": accounts,
                "ats": [at for at, _ in starts],
                "roots": [root for _, root in starts],
            }
            cursor.execute(_PLACES, {**given, **columns})
            found += [Place(*row) for row in cursor.fetchall()]
            last, behind = accounts[-1], {}
    return found[:most]


def next_to_take_back(rerating_id: int, after: After | None, most: int) -> list[Place]:
    """The next so many debits that stand in others' places by this re-rating.

    One that was replaced since stands no more: it is named all the same, so that it is told.
    """
    start = after or After(FIRST, LONG_AGO, FIRST)
    with connection.cursor() as cursor:
        cursor.execute(_BACK, {"rerating": rerating_id, "most": most, **asdict(start)})
        return [Place(*row) for row in cursor.fetchall()]


def used(places: Sequence[Place]) -> list[Used]:
    """The debits of these places, in their order, each with its lines."""
    ids = {each.debit for each in places} | {each.restores for each in places if each.restores}
    debits = Debit.objects.select_related("account").in_bulk(list(ids))
    lines: defaultdict[UUID, list[DebitLine]] = defaultdict(list)
    rows = DebitLine.objects.filter(debit_id__in=ids).order_by("debit_id", "position")
    for line in with_prices(rows):
        lines[line.debit_id].append(line)
    return [
        Used(
            each,
            debits[each.debit],
            lines[each.debit],
            lines[each.restores] if each.restores else (),
            debits[each.restores] if each.restores else None,
        )
        for each in places
    ]


_ASKED = """
    d.occurred_at >= %(since)s AND d.occurred_at < %(until)s AND d.recorded_at < %(horizon)s
    AND (%(table_id)s::bigint IS NULL OR d.table_id = %(table_id)s)
    AND (%(product_id)s::bigint IS NULL OR d.product_id = %(product_id)s)
    AND (%(feature_id)s::bigint IS NULL OR EXISTS (
        SELECT FROM usage_debitline l
        WHERE l.debit_id = d.id AND l.account_id = d.account_id AND l.feature_id = %(feature_id)s))
    AND NOT EXISTS (
        SELECT FROM usage_reversal r WHERE r.debit_id = d.id AND r.account_id = d.account_id AND r.is_whole)
"""
_ACCOUNTS = f"""
    SELECT a.id FROM wallets_account a
    WHERE a.id > %(last)s AND (%(account_id)s::uuid IS NULL OR a.id = %(account_id)s)
      AND EXISTS (SELECT FROM usage_debit d WHERE d.account_id = a.id AND d.recorded_at >= %(begins)s AND {_ASKED})
    ORDER BY a.id LIMIT %(accounts_at_once)s
"""
# What first charged usage is found by when it was recorded; what charges it in its place was recorded any time later.
_PLACES = f"""
    SELECT a.id, found.at, found.root, found.debit
    FROM unnest(%(accounts)s::uuid[], %(ats)s::timestamptz[], %(roots)s::uuid[]) AS a (id, at, root)
    CROSS JOIN LATERAL (
        SELECT * FROM (
            (SELECT d.recorded_at AS at, d.id AS root, d.id AS debit FROM usage_debit d
             WHERE d.account_id = a.id AND d.recorded_at >= greatest(a.at, %(begins)s)
               AND (d.recorded_at, d.id) > (a.at, a.root) AND {_ASKED}
               AND NOT EXISTS (
                   SELECT FROM usage_correction c WHERE c.account_id = d.account_id AND c.replacement_id = d.id)
             ORDER BY d.recorded_at, d.id LIMIT %(most)s)
            UNION ALL
            (SELECT o.recorded_at, o.id, d.id
             FROM usage_correction c
             JOIN usage_debit d ON d.id = c.replacement_id AND d.account_id = c.account_id
             JOIN usage_debit o ON o.id = c.root_id AND o.account_id = c.account_id
             WHERE c.account_id = a.id AND (o.recorded_at, o.id) > (a.at, a.root) AND {_ASKED}
             ORDER BY o.recorded_at, o.id LIMIT %(most)s)
        ) AS either ORDER BY at, root LIMIT %(most)s
    ) AS found
    ORDER BY a.id, found.at, found.root LIMIT %(most)s
"""
# What charges usage by now may be charged as a debit was that was charged as another was: it stands for them all.
_BACK = """
    SELECT c.account_id, o.recorded_at, c.root_id,
           CASE WHEN c.replacement_id IN (
               WITH RECURSIVE alike AS (
                   SELECT last.replacement_id AS id
                   UNION ALL
                   SELECT x.restores_id FROM alike
                   JOIN usage_correction x ON x.account_id = c.account_id AND x.replacement_id = alike.id
                   WHERE x.restores_id IS NOT NULL)
               SELECT id FROM alike) THEN last.replacement_id ELSE c.replacement_id END,
           c.debit_id
    FROM usage_correction c
    JOIN usage_debit o ON o.id = c.root_id AND o.account_id = c.account_id
    CROSS JOIN LATERAL (
        SELECT x.replacement_id FROM usage_correction x
        WHERE x.account_id = c.account_id AND x.root_id = c.root_id ORDER BY x.replacement_id DESC LIMIT 1) AS last
    WHERE c.rerating_id = %(rerating)s AND c.restores_id IS NULL
      AND (c.account_id, o.recorded_at, o.id) > (%(account)s, %(at)s, %(root)s)
    ORDER BY c.account_id, o.recorded_at, o.id LIMIT %(most)s
"""
