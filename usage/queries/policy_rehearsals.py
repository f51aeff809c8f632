"""A policy put before an account's calls of the last week, as debits, holds and denials recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from usage.models import Denial
from usage.queries.policies import Scope
from usage.rules.policies import PolicyChoice
from usage.rules.policy_rehearsing import PastCall, PastStart, RehearsedPolicy, rehearse
from wallets.models import Entry, Grant
from wallets.queries.balances import holding_at

WEEK = timedelta(days=7)
MOST_CALLS = 20_000


def rehearsed(
    *, account_id: UUID, unit_id: int, policy: PolicyChoice, moment: datetime, scope: Scope | None = None
) -> RehearsedPolicy:
    """Which calls of the week before `moment` the policy would have refused; the latest 20,000 of them.

    scope: the usage that the policy is for; None is all. A refused call that was repeated counts once.
    """
    since = moment - WEEK
    calls = sorted(
        [*_asked(account_id, unit_id, since, moment, scope), *_denials(account_id, since, moment, scope)],
        key=lambda call: call.at,
    )
    first = calls[0].at if calls else moment
    before, starts = _starts(account_id, unit_id, first, moment)
    stocked = holding_at(account_id, unit_id, before).available if before else None
    return rehearse(policy, calls, starts, stocked)


def _asked(
    account_id: UUID, unit_id: int, since: datetime, until: datetime, scope: Scope | None
) -> list[PastCall]:
    given: dict[str, Any] = {"account": account_id, "unit": unit_id, "since": since, "until": until}
    for name in ("feature", "product", "table"):
        row = getattr(scope, name, None)
        given[name] = row and row.pk
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, {**given, "most": MOST_CALLS})
        return [PastCall(*row) for row in reversed(cursor.fetchall())]


# Debits and holds ask. A capture asks nothing any more, and what was reported or is charged anew is booked whatever a
# policy says.
# Available before was what was left and what grants paid or keep for it, those that pay for older usage alone as well.
_CALLS = """
SELECT id, recorded_at, (SELECT f.code FROM pricing_feature f WHERE f.id = features[1]), tokens, available, owed,
       (%(product)s::bigint IS NULL OR product_id = %(product)s)
       AND (%(table)s::bigint IS NULL OR table_id = %(table)s)
       AND (%(feature)s::bigint IS NULL OR %(feature)s = ANY (features)), is_hold
FROM (
    SELECT false AS is_hold, d.id, d.recorded_at, d.account_id, d.unit_id, d.product_id, d.table_id, d.tokens,
           d.available_after + d.tokens - d.overage AS available, d.overage_after - d.overage AS owed,
           ARRAY(SELECT l.feature_id FROM usage_debitline l
                 WHERE l.account_id = d.account_id AND l.debit_id = d.id ORDER BY l.position) AS features
    FROM usage_debit d
    WHERE d.key NOT LIKE 'event %%' AND d.key NOT LIKE 'rerating %%'
      AND NOT EXISTS (SELECT FROM usage_holdstep s WHERE s.account_id = d.account_id AND s.debit_id = d.id)
    UNION ALL
    SELECT true, r.id, r.recorded_at, r.account_id, r.unit_id, r.product_id, r.table_id, r.tokens,
           r.available_after + r.tokens - r.overage, r.overage_after,
           ARRAY(SELECT l.feature_id FROM usage_holdline l
                 WHERE l.account_id = r.account_id AND l.hold_id = r.id ORDER BY l.position)
    FROM usage_holdrequest r) AS asked
WHERE account_id = %(account)s AND unit_id = %(unit)s AND recorded_at > %(since)s AND recorded_at <= %(until)s
ORDER BY recorded_at DESC, id DESC LIMIT %(most)s
"""


def _denials(account_id: UUID, since: datetime, until: datetime, scope: Scope | None) -> Sequence[PastCall]:
    """Refusals for want of tokens: those that say how many were asked for, and what there was."""
    rows = Denial.objects.filter(
        account_id=account_id, reason="insufficient_tokens", first_at__gt=since, first_at__lte=until
    )
    if scope is not None:
        named = Q(feature=scope.feature.code) if scope.feature else Q()
        rows = rows.filter(named, **({"product": scope.product} if scope.product else {}))
    return [
        PastCall(
            row.pk,
            row.first_at,
            row.feature,
            Decimal(row.figures["required"]),
            Decimal(row.figures["available"]),
            Decimal(row.figures.get("overage", 0)),
            was_refused=True,
        )
        for row in rows.order_by("-first_at")[:MOST_CALLS]
        if "items" in row.request
    ]


def _starts(
    account_id: UUID, unit_id: int, first: datetime, until: datetime
) -> tuple[datetime | None, list[PastStart]]:
    """When the last grant before the first call came into force; and all that did by the end, purchases with theirs."""
    grants = Grant.objects.filter(account_id=account_id, wallet__unit_id=unit_id).started()
    booked = Entry.objects.filter(account_id=account_id, grant=OuterRef("pk"), kind=Entry.Kind.GRANT)
    is_bought = Q(kind=Grant.Kind.PURCHASE) & Exists(booked)
    rows = grants.annotate(is_bought=is_bought).values_list(
        "effective_at", "created_at", "is_bought", "tokens"
    )
    starts = sorted(
        (
            PastStart(max(effective_at, created_at), tokens if is_bought else None)
            for effective_at, created_at, is_bought, tokens in rows
        ),
        key=lambda start: start.at,
    )
    before = [start.at for start in starts if start.at <= first]
    return before[-1] if before else None, [start for start in starts if start.at <= until]
