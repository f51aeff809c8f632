"""Recorded usage, slice by slice: how much there is of it, and of what kinds its lines are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from config.kernel.identity import first_id_at
from usage.queries.audit_prices import LOCK_AT
from usage.queries.moments import database_clock
from usage.rules.rehearsing import MONTH_AT_MOST, RECORDED_AFTER, Scope, Slice

ROWS_AT_ONCE = 10_000

# Accounts that stay on a version stay on it, whatever is published: their usage is not asked for.
STAYS = f"""
    d.account_id IN (SELECT kept.account_id FROM usage_pricelock AS kept WHERE kept.table_id = %(table)s)
    AND ({LOCK_AT.format(judged_at="d.recorded_at")}) IS NOT NULL
"""
ASKED = f"""
    d.table_id = %(table)s AND d.occurred_at >= %(since)s AND d.occurred_at < %(until)s AND ({STAYS}) IS NOT TRUE
"""
# Each look-up in the large tables goes by a key or an index, and by nothing else: a slice is little of them.
DEBITS = """
    wallets_account AS a CROSS JOIN LATERAL (
        SELECT * FROM usage_debit AS debit
        WHERE debit.account_id = a.id AND debit.recorded_at >= %(begins)s AND debit.recorded_at < %(ends)s OFFSET 0
    ) AS d
"""
OF_THE_ACCOUNTS = "a.id BETWEEN %(first)s AND %(last)s"
LINES = """
    CROSS JOIN LATERAL (
        SELECT * FROM usage_debitline AS line WHERE line.debit_id = d.id AND line.account_id = d.account_id OFFSET 0
    ) AS l
"""
GIVEN_BACK = """
    usage_reversal AS r CROSS JOIN LATERAL (
        SELECT * FROM usage_debit AS debit WHERE debit.id = r.debit_id AND debit.account_id = r.account_id OFFSET 0
    ) AS d
"""
WHOLE = """
    r.is_whole AND r.recorded_at >= %(begins)s AND r.recorded_at < %(ends)s
    AND r.account_id BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True, slots=True)
class Use:
    """What lines have in common that are priced alike but for their quantity.

    dimensions: as the database writes them. rate_id: what priced them. override_id: of the account's own price.
    """

    feature_id: int
    feature: str
    dimensions: str
    rate_id: int
    override_id: UUID | None


def asked(scope: Scope, part: Slice) -> dict[str, Any]:
    """The parameters of a question about a slice of the usage."""
    return {
        "table": scope.table_id,
        "since": scope.since,
        "until": scope.until,
        "horizon": scope.horizon,
        "first": part.first,
        "last": part.last,
        "begins": part.begins or scope.counted_from,
        "ends": part.ends or scope.recorded_until,
    }


def lines_by_account(scope: Scope) -> Iterator[tuple[UUID, int]]:
    """How many lines each account has, in order of the accounts' identities."""
    earliest = min(scope.recorded_from, database_clock() - RECORDED_AFTER - MONTH_AT_MOST)
    given: dict[str, Any] = {
        "table": scope.table_id,
        "since": scope.since,
        "until": scope.until,
        "begins": scope.recorded_from,
        "ends": scope.recorded_until,
        "least": first_id_at(earliest),  # no index of its own finds what was recorded in a period
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES_BY_ACCOUNT, given)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def cuts(scope: Scope, account_id: UUID, debits_at_most: int) -> list[datetime]:
    """Instants of recording that cut the account's usage into parts of about so many debits."""
    whole = Slice(account_id, account_id, 0)
    with connection.cursor() as cursor:
        cursor.execute(_CUTS, {**asked(scope, whole), "most": debits_at_most})
        return [instant for (instant,) in cursor.fetchall()]


def uses_in(scope: Scope, part: Slice) -> list[Use]:
    """The kinds of lines in a slice, those of debits that were given back in its span among them."""
    with connection.cursor() as cursor:
        cursor.execute(_USES, asked(scope, part))
        return [Use(*row) for row in cursor.fetchall()]


def quantities_in(scope: Scope, part: Slice, uses: list[Use]) -> list[tuple[int, Decimal]]:
    """The different quantities of these kinds of lines in a slice, each with the place of its kind."""
    if not uses:
        return []
    given = {
        **asked(scope, part),
        "features": [each.feature_id for each in uses],
        "dimensions": [each.dimensions for each in uses],
        "rates": [each.rate_id for each in uses],
        "overrides": [each.override_id for each in uses],
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUANTITIES, given)
        return list(cursor.fetchall())


_KIND = "l.feature_id, l.dimensions, l.rate_id, l.override_id"
# By hash: `IS NOT DISTINCT FROM` would compare each line with each kind.
NONE = "'00000000-0000-0000-0000-000000000000'::uuid"
SAME_KIND = f"""
    kind.feature_id = l.feature_id AND kind.rate_id = l.rate_id AND kind.dimensions = l.dimensions
    AND coalesce(kind.override_id, {NONE}) = coalesce(l.override_id, {NONE})
"""
_LINES_BY_ACCOUNT = f"""
    SELECT d.account_id, count(*)
    FROM usage_debit AS d JOIN usage_debitline AS l ON l.debit_id = d.id AND l.account_id = d.account_id
    WHERE {ASKED} AND d.recorded_at >= %(begins)s AND d.recorded_at < %(ends)s
      AND d.id >= %(least)s AND l.debit_id >= %(least)s
    GROUP BY 1 ORDER BY 1
"""
_CUTS = f"""
    SELECT DISTINCT recorded_at
    FROM (SELECT d.recorded_at, row_number() OVER (ORDER BY d.recorded_at) AS n
          FROM {DEBITS} WHERE {OF_THE_ACCOUNTS} AND {ASKED}) AS debit
    WHERE n > 1 AND (n - 1) %% %(most)s = 0 ORDER BY 1
"""
_USES = f"""
    SELECT used.feature_id, f.code, used.dimensions::text, used.rate_id, used.override_id
    FROM (
        SELECT {_KIND} FROM {DEBITS} {LINES} WHERE {OF_THE_ACCOUNTS} AND {ASKED}
        UNION
        SELECT {_KIND} FROM {GIVEN_BACK} {LINES} WHERE {WHOLE} AND {ASKED}
    ) AS used
    JOIN pricing_feature AS f ON f.id = used.feature_id
"""
_QUANTITIES = f"""
    SELECT DISTINCT kind.place - 1, l.quantity
    FROM {DEBITS} {LINES}
    JOIN unnest(%(features)s::bigint[], %(dimensions)s::jsonb[], %(rates)s::bigint[], %(overrides)s::uuid[])
        WITH ORDINALITY AS kind (feature_id, dimensions, rate_id, override_id, place) ON {SAME_KIND}
    WHERE {OF_THE_ACCOUNTS} AND {ASKED}
"""
