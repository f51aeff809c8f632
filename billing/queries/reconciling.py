"""Where two books differ about some days: a question a kind, each bounded by the days and by indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from billing.rules.reconciling import MOST, Found
from config.kernel.utc import midnight

DAY = "({} AT TIME ZONE 'UTC')::date"


def _of(column: str) -> str:
    """SQL for rows of these days. A BRIN index finds them where the table is long."""
    return f"{column} >= %(since)s AND {column} < %(until)s"


# Charges: what usage says that it charged, and what the ledger drew and took as overage for it.
_DEBITS = f"""
    SELECT {DAY.format("coalesce(d.recorded_at, e.recorded_at)")}, coalesce(d.id, e.cause_id)::text,
           coalesce(d.account_id, e.account_id), d.tokens, e.tokens, u.code, ''
    FROM (SELECT id, account_id, wallet_id, tokens, recorded_at FROM usage_debit WHERE {_of("recorded_at")}) AS d
    FULL JOIN (SELECT cause_id, account_id, (min(wallet_id::text))::uuid AS wallet_id, sum(amount) AS tokens,
                      min(recorded_at) AS recorded_at
               FROM wallets_entry WHERE {_of("recorded_at")} AND cause_kind = 'debit' GROUP BY 1, 2) AS e
        ON e.cause_id = d.id AND e.account_id = d.account_id
    LEFT JOIN wallets_wallet w ON w.id = coalesce(d.wallet_id, e.wallet_id) AND w.account_id = coalesce(d.account_id, e.account_id)
    LEFT JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE coalesce(d.tokens, -1) <> coalesce(e.tokens, CASE WHEN d.tokens = 0 THEN 0 ELSE -2 END)
"""
_REVERSALS = f"""
    SELECT {DAY.format("coalesce(r.recorded_at, e.recorded_at)")}, coalesce(r.id, e.cause_id)::text,
           coalesce(r.account_id, e.account_id), r.tokens, e.tokens, coalesce(u.code, ''), ''
    FROM (SELECT id, account_id, debit_id, tokens, recorded_at FROM usage_reversal WHERE {_of("recorded_at")}) AS r
    FULL JOIN (SELECT cause_id, account_id, (min(wallet_id::text))::uuid AS wallet_id, sum(amount) AS tokens,
                      min(recorded_at) AS recorded_at
               FROM wallets_entry
               WHERE {_of("recorded_at")} AND cause_kind = 'reversal' AND kind IN ('restore', 'overage_reversal', 'credit')
               GROUP BY 1, 2) AS e ON e.cause_id = r.id AND e.account_id = r.account_id
    LEFT JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
    LEFT JOIN wallets_wallet w ON w.id = coalesce(d.wallet_id, e.wallet_id) AND w.account_id = coalesce(r.account_id, e.account_id)
    LEFT JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE coalesce(r.tokens, -1) <> coalesce(e.tokens, CASE WHEN r.tokens = 0 THEN 0 ELSE -2 END)
"""
# Events: each is booked by one debit, or waits with a reason or for its turn. One that costs nothing is a debit of 0 tokens.
_EVENTS = f"""
    SELECT {DAY.format("e.recorded_at")}, e.id::text, a.id, 1::numeric,
           (CASE WHEN d.id IS NULL THEN 0 ELSE 1 END + CASE WHEN w.event_id IS NULL THEN 0 ELSE 1 END)::numeric, 'events',
           CASE WHEN d.id IS NULL THEN 'It neither waits nor is booked.' ELSE 'It is booked and still waits.' END
    FROM usage_event e
    LEFT JOIN usage_waitingevent w ON w.event_id = e.id
    LEFT JOIN wallets_account a ON a.reference = e.account
    LEFT JOIN usage_claim c ON c.account_id = a.id AND c.product_id = e.product_id AND c.key = 'event ' || e.id
    LEFT JOIN usage_debit d ON d.id = c.effect_id AND d.account_id = c.account_id
    WHERE {_of("e.recorded_at")} AND (d.id IS NULL) = (w.event_id IS NULL)
"""
# A portion is due when it starts, or when it was ordered if that was later. What could not be given any more is excused.
PORTION_AT = "greatest(p.starts_at, uuid_extract_timestamp(p.id))"
_LAST_PRICE = """SELECT c.paid FROM billing_grantrepricing c WHERE c.account_id = o.account_id AND c.grant_id = o.grant_id
                 ORDER BY c.id DESC LIMIT 1"""
PORTIONS = f"""
    SELECT p.id, p.account_id, {PORTION_AT} AS due_at, p.line, p.number, p.paid, p.currency, p.terms ->> 'token' AS unit, r.external_id,
           CASE WHEN p.is_missed OR p.tokens >= p.wanted OR (p.terms ->> 'expires_at')::timestamptz <= v.recorded_at
                THEN p.tokens ELSE p.wanted END AS ordered, coalesce(g.tokens, 0) AS granted, coalesce(g.paid, 0) AS sold
    FROM billing_portion p
    JOIN billing_order r ON r.id = p.order_id
    JOIN billing_orderversion v ON v.order_id = p.order_id AND v.number = p.version
    LEFT JOIN LATERAL (
        SELECT sum(e.amount - o.taken) AS tokens, sum(coalesce(c.paid, s.paid, 0) - o.taken_paid) AS paid
        FROM billing_ordergrant o
        LEFT JOIN wallets_entry e ON e.grant_id = o.grant_id AND e.account_id = o.account_id AND e.kind = 'grant'
        LEFT JOIN billing_grantsale s ON s.grant_id = o.grant_id
        LEFT JOIN LATERAL ({_LAST_PRICE}) AS c ON true
        WHERE o.portion_id = p.id AND o.account_id = p.account_id) AS g ON true
    WHERE {_of(PORTION_AT)}
"""
_TOLD_ORDER = "'Order ' || external_id || ', line ' || line || ', period ' || (number + 1)"
_PORTIONS = f"""
    SELECT {DAY.format("due_at")}, id::text, account_id, ordered, granted, coalesce(unit, ''), {_TOLD_ORDER}
    FROM ({PORTIONS}) AS p WHERE ordered <> granted
"""
_PORTION_MONEY = f"""
    SELECT {DAY.format("due_at")}, id::text, account_id, paid, sold, currency, {_TOLD_ORDER}
    FROM ({PORTIONS}) AS p WHERE paid <> sold
"""
# A period that ended in these days, of a line that goes on, and none followed.
_PERIODS = f"""
    SELECT {DAY.format("p.ends_at")}, p.id::text, p.account_id, 1::numeric, 0::numeric, 'periods',
           'Order ' || r.external_id || ', line ' || p.line || ': period ' || (p.number + 2) || ' is missing.'
    FROM billing_orderperiod p
    JOIN billing_order r ON r.id = p.order_id
    JOIN wallets_account a ON a.id = p.account_id AND a.state <> 'closed'
    JOIN LATERAL (SELECT id, state FROM billing_orderversion WHERE order_id = p.order_id ORDER BY number DESC LIMIT 1) AS v
        ON v.state = 'active'
    JOIN billing_orderline l ON l.version_id = v.id AND l.name = p.line AND l.run = p.run
        AND l.snapshot ->> 'period' IN ('month', 'year') AND (l.ends_at IS NULL OR l.ends_at > p.ends_at)
    WHERE {_of("p.ends_at")} AND NOT EXISTS (
        SELECT FROM billing_orderperiod n WHERE n.account_id = p.account_id AND n.order_id = p.order_id AND n.line = p.line
          AND n.run = p.run AND n.number = p.number + 1)
"""
# Of each lot: on final invoices less credit notes, still to be invoiced, repaid and given back. A credit that the job
# has not written down yet counts for a quarter of an hour.
LOTS = """
    SELECT o.account_id, o.cause_id, o.tokens, o.repaid, o.reversed, coalesce(i.tokens, 0) - coalesce(k.tokens, 0) AS invoiced,
           o.tokens - o.repaid - o.reversed - o.settled AS open
    FROM wallets_overage o
    LEFT JOIN LATERAL (
        SELECT sum(x.tokens) AS tokens FROM billing_invoicedoverage x
        JOIN billing_invoiceline l ON l.id = x.line_id JOIN billing_invoice v ON v.id = l.invoice_id AND v.state = 'final'
        WHERE x.lot_id = o.id) AS i ON true
    LEFT JOIN LATERAL (
        SELECT sum(coalesce(c.tokens, e.amount)) AS tokens FROM wallets_entry e LEFT JOIN billing_creditedoverage c ON c.entry_id = e.id
        WHERE e.overage_id = o.id AND e.account_id = o.account_id AND e.kind = 'credit'
          AND (c.id IS NOT NULL OR e.recorded_at > clock_timestamp() - interval '15 minutes')) AS k ON true
"""
_OVERAGE = f"""
    SELECT {DAY.format("d.recorded_at")}, d.id::text, d.account_id, e.tokens, o.tokens, u.code,
           'The ledger booked it as overage; invoiced, to be invoiced, repaid and given back is other than that.'
    FROM usage_debit d
    JOIN wallets_tokenunit u ON u.id = d.unit_id
    LEFT JOIN LATERAL (SELECT sum(amount) AS tokens FROM wallets_entry
                       WHERE cause_id = d.id AND account_id = d.account_id AND kind = 'overage') AS e ON true
    LEFT JOIN LATERAL (SELECT sum(l.invoiced + l.open + l.repaid + l.reversed) AS tokens FROM ({LOTS}) AS l
                       WHERE l.cause_id = d.id AND l.account_id = d.account_id) AS o ON true
    WHERE {_of("d.recorded_at")} AND d.overage > 0 AND e.tokens IS DISTINCT FROM o.tokens
"""
_SETTLEMENTS = f"""
    SELECT {DAY.format("coalesce(e.recorded_at, i.issued_at)")}, coalesce(e.id, i.entry_id)::text, coalesce(e.account_id, i.customer_id),
           i.tokens, e.amount, coalesce(u.code, ''), coalesce('Invoice ' || i.number, 'On no final invoice')
    FROM (SELECT * FROM wallets_entry WHERE {_of("recorded_at")} AND kind = 'settle') AS e
    FULL JOIN (SELECT o.entry_id, o.tokens, v.customer_id, v.issued_at, v.year || '-' || lpad(v.sequence::text, 6, '0') AS number
               FROM billing_invoice v JOIN billing_invoiceline l ON l.invoice_id = v.id
               JOIN billing_invoicedoverage o ON o.line_id = l.id
               WHERE {_of("v.issued_at")} AND v.state = 'final') AS i ON i.entry_id = e.id
    LEFT JOIN wallets_wallet w ON w.id = e.wallet_id AND w.account_id = e.account_id
    LEFT JOIN wallets_tokenunit u ON u.id = w.unit_id
    WHERE e.amount IS DISTINCT FROM i.tokens
"""
_INVOICES = f"""
    SELECT {DAY.format("v.issued_at")}, v.id::text, v.customer_id, v.total, l.amount, v.currency,
           'Invoice ' || v.year || '-' || lpad(v.sequence::text, 6, '0')
    FROM billing_invoice v
    LEFT JOIN LATERAL (SELECT sum(amount) AS amount FROM billing_invoiceline WHERE invoice_id = v.id) AS l ON true
    WHERE {_of("v.issued_at")} AND v.state = 'final' AND v.total IS DISTINCT FROM l.amount
"""
# What an order asked for in these days and an invoice carries: the line says the same.
_CHARGES = f"""
    SELECT {DAY.format("c.recorded_at")}, c.id::text, c.account_id, c.amount, l.amount, c.currency, c.description
    FROM billing_ordercharge c
    JOIN billing_invoicedcharge i ON i.charge_id = c.id
    LEFT JOIN billing_invoiceline l ON l.id = i.line_id AND l.kind = 'order'
    WHERE {_of("c.recorded_at")} AND (l.amount = c.amount AND NOT c.is_external) IS NOT TRUE
"""
QUESTIONS: dict[str, str] = {
    "debit": _DEBITS,
    "reversal": _REVERSALS,
    "event": _EVENTS,
    "portion": _PORTIONS,
    "portion_money": _PORTION_MONEY,
    "period": _PERIODS,
    "overage": _OVERAGE,
    "settlement": _SETTLEMENTS,
    "invoice": _INVOICES,
    "charge": _CHARGES,
}


def bounds(first: date, last: date, now: datetime) -> dict[str, datetime]:
    """The instants from which and until which days of UTC, both included, are looked at; never beyond now."""
    since = midnight(first)
    until = midnight(last + timedelta(days=1))
    return {"since": since, "until": min(until, now)}


def gaps_between(asked: Mapping[str, Any], most: int = MOST) -> Iterator[tuple[str, list[Found], bool]]:
    """Of each kind: the gaps of these days, at most so many, and whether there are more."""
    with connection.cursor() as cursor:
        for kind, statement in QUESTIONS.items():
            cursor.execute(f"{statement} LIMIT {most + 1}", dict(asked))
            rows = [_found(kind, row) for row in cursor.fetchall()]
            yield kind, rows[:most], len(rows) > most


def _found(kind: str, row: tuple[Any, ...]) -> Found:
    day, subject, customer, ours, theirs, measure, said = row
    return Found(kind, subject, day, customer, ours, theirs, measure or "", said)
