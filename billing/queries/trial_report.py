"""What trials came to: by month of issue, offer and seller, with what their tokens cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from billing.queries.recent import patiently


@dataclass(frozen=True, slots=True)
class ReportLine:
    """Trials of a month of UTC, an offer and a seller.

    activated: of which usage drew. used: of which all is spent. tokens: issued.
    spent: of them, net of what was given back. cost: of the usage that spent them, in the reporting currency, as far
    as it is known. uncosted: tokens spent on usage whose cost nobody knows.
    """

    month: date
    offer: str
    seller: str
    unit: str
    issued: int
    activated: int
    used: int
    converted: int
    tokens: Decimal
    spent: Decimal
    cost: Decimal
    uncosted: Decimal

    @property
    def conversion(self) -> Decimal:
        """Trials converted of those issued, a share."""
        return Decimal(self.converted) / self.issued


@dataclass(frozen=True, slots=True)
class Cohort:
    """The trials of a month of issue, as `ReportLine` counts them."""

    month: date
    issued: int
    activated: int
    used: int
    converted: int
    tokens: Decimal
    spent: Decimal
    cost: Decimal

    def share(self, count: int) -> Decimal:
        """So many of those issued."""
        return Decimal(count) / self.issued


def report(
    since: datetime, until: datetime, accounts: Collection[UUID] | None = None
) -> Sequence[ReportLine] | None:
    """The trials issued from `since` and before `until`, the newest month first; None where that takes too long.

    accounts: whose alone; None asks for all.
    """
    asked = {"since": since, "until": until, "accounts": None if accounts is None else sorted(accounts)}
    rows = patiently(_REPORT, asked)
    return None if rows is None else [ReportLine(*row) for row in rows]


def cohorts(
    since: datetime, until: datetime, unit: str, accounts: Collection[UUID] | None = None
) -> Sequence[Cohort] | None:
    """What became of the trials of a token unit, by month of issue, the newest first; None as `report`."""
    lines = report(since, until, accounts)
    if lines is None:
        return None
    by_month: dict[date, list[ReportLine]] = {}
    for line in lines:
        if line.unit == unit:
            by_month.setdefault(line.month, []).append(line)
    return [_cohort(month, found) for month, found in by_month.items()]


def _cohort(month: date, lines: Sequence[ReportLine]) -> Cohort:
    counts = [
        sum(getattr(line, name) for line in lines) for name in ("issued", "activated", "used", "converted")
    ]
    amounts = [
        sum((getattr(line, name) for line in lines), Decimal(0)) for name in ("tokens", "spent", "cost")
    ]
    return Cohort(month, *counts, *amounts)


# A debit's cost is shared by what drew for it. Of a line that is what its caller said, else its rate's cost a unit.
_REPORT = """
WITH issued AS MATERIALIZED (
    SELECT t.*, g.spent FROM billing_trial t
    JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
    WHERE t.issued_at >= %(since)s AND t.issued_at < %(until)s
      AND (%(accounts)s::uuid[] IS NULL OR t.customer_id = ANY (%(accounts)s))
), drawn AS MATERIALIZED (
    SELECT e.account_id, e.grant_id, e.cause_id AS debit_id, e.amount - coalesce((
               SELECT sum(r.amount) FROM wallets_entry r
               WHERE r.corrects_id = e.id AND r.account_id = e.account_id AND r.kind = 'restore'), 0) AS tokens
    FROM issued t JOIN wallets_entry e
        ON e.grant_id = t.grant_id AND e.account_id = t.customer_id AND e.kind IN ('draw', 'late_draw')
), debits AS MATERIALIZED (
    SELECT d.id, d.account_id, d.tokens,
           CASE WHEN bool_and(line.cost IS NOT NULL) THEN sum(line.cost) END AS cost
    FROM (SELECT DISTINCT account_id, debit_id FROM drawn) asked
    JOIN usage_debit d ON d.id = asked.debit_id AND d.account_id = asked.account_id
    JOIN LATERAL (
        SELECT CASE WHEN l.cost IS NOT NULL THEN l.cost * own.reporting_rate
                    ELSE r.cost * l.quantity * CASE WHEN r.cost_currency = '' THEN 1 ELSE written.reporting_rate END
               END AS cost
        FROM usage_debitline l
        LEFT JOIN pricing_rate r ON r.id = l.rate_id
        LEFT JOIN wallets_currency own ON own.code = l.cost_currency
        LEFT JOIN wallets_currency written ON written.code = r.cost_currency
        WHERE l.debit_id = d.id AND l.account_id = d.account_id) AS line ON true
    GROUP BY d.id, d.account_id, d.tokens
), costs AS (
    SELECT drawn.account_id, drawn.grant_id,
           coalesce(sum(debits.cost * drawn.tokens / debits.tokens), 0) AS cost,
           coalesce(sum(drawn.tokens) FILTER (WHERE debits.cost IS NULL), 0) AS uncosted
    FROM drawn JOIN debits ON debits.id = drawn.debit_id AND debits.account_id = drawn.account_id
    GROUP BY 1, 2
)
SELECT date_trunc('month', t.issued_at AT TIME ZONE 'UTC')::date, o.name, coalesce(s.username, 'an order'), u.code,
       count(*), count(t.activated_at), count(*) FILTER (WHERE t.spent = t.tokens), count(t.converted_at),
       sum(t.tokens), sum(t.spent), round(coalesce(sum(c.cost), 0), 12), coalesce(sum(c.uncosted), 0)
FROM issued t
JOIN billing_trialoffer o ON o.id = t.offer_id
LEFT JOIN auth_user s ON s.id = t.seller_id
JOIN wallets_tokenunit u ON u.id = t.unit_id
LEFT JOIN costs c ON c.grant_id = t.grant_id AND c.account_id = t.customer_id
GROUP BY 1, 2, 3, 4 ORDER BY 1 DESC, 2, 3, 4
"""
