"""What must hold of years that give tokens by the month: each month on its day, and all together what the year costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.rules import offers
from billing.rules.money import rounded
from billing.rules.order_periods import LAST_MONTH, Span, months_of
from config.kernel.audit import Check, Promise

PRESENT = "SELECT DISTINCT ON (order_id) * FROM billing_orderversion ORDER BY order_id, number DESC"
NOTHING = Decimal(0)
BY_MONTH = '{"period": "year", "tokens": [{"every": "month"}]}'
"""What the snapshot of an offer contains that gives tokens by the month of a year."""

# The midnight at which so many months of a line are over, by the day on which its first period began.
_END = "wallets_midnight_v1({account}, (wallets_day_v1({account}, {first}) + make_interval(months => {months}))::date)"
_DUE = _END.format(account="p.account_id", first="first.starts_at", months="12 * p.number + p.month + 1")
_NEXT = _END.format(account="r.account_id", first="l.begins_at", months="12 * r.number + m.number")


def span_told(row: Mapping[str, Any]) -> Span:
    """The time of a portion within its period."""
    month, ends = row["month"], list(row["month_ends"] or ())[:LAST_MONTH]
    if month is None:
        return Span(row["starts_at"], row["ends_at"])
    ends += [row["stops_at"]] * (LAST_MONTH + 1 - len(ends))
    span: Span = months_of(row["begins_at"], ends, are_alike=row["is_by_months"])[month]
    return span


def _is_more_or_less_ahead(row: Mapping[str, Any]) -> bool:
    """Whether other money waits for tokens of later months than these will be paid with."""
    line = json.loads(row["line"], parse_float=Decimal) if row["line"] else None
    if line is None or _ended(line, row["reconciled_at"]):
        return bool(row["ahead"])
    offer, amount = offers.read(line["snapshot"]), Decimal(str(line["amount"]))
    spans = months_of(row["begins_at"], row["ends"], are_alike=row["is_by_months"])
    coming = [span for span in spans[row["opened"] :] if not _ended(line, span.starts_at)]
    due, found = json.loads(row["due"] or "{}", parse_float=Decimal), NOTHING
    for key, part in offer.by_month().items():
        before = Decimal(str(due.get(key, 0)))
        money = offers.money_of(part, amount)
        after = sum((span.money(money) for span in coming), before)
        found += rounded(after, row["currency"]) - rounded(before, row["currency"])
    return bool(row["ahead"] != found)


def _ended(line: Mapping[str, Any], moment: datetime) -> bool:
    return line["ends_at"] is not None and datetime.fromisoformat(line["ends_at"]) <= moment


MONTHS = (
    Check(
        "order_month_ends_on_its_day",
        Promise.AT_MOST_ONCE,
        "A month of a year ends at the midnight of its account that lies so many months after its line's first day, as its period has it.",
        f"""SELECT p.account_id AS account, p.id AS portion, p.line, p.number, p.month, p.ends_at, d.ends_at AS due
            FROM billing_portion p
            JOIN billing_orderperiod first ON first.account_id = p.account_id AND first.order_id = p.order_id
                AND first.line = p.line AND first.run = p.run AND first.number = 0
            LEFT JOIN billing_orderperiod r ON r.account_id = p.account_id AND r.order_id = p.order_id
                AND r.line = p.line AND r.run = p.run AND r.number = p.number
            CROSS JOIN LATERAL (SELECT {_DUE} AS ends_at) AS d
            WHERE p.month IS NOT NULL AND (
                p.ends_at IS DISTINCT FROM r.month_ends[p.month + 1] OR p.starts_at < coalesce(r.month_ends[p.month], r.starts_at)
                OR p.starts_at >= p.ends_at
                OR p.ends_at <> d.ends_at AND NOT EXISTS (  -- a time zone that nobody knew of yet
                    SELECT FROM wallets_zone z WHERE z.account_id = p.account_id AND z.counts_from IS NOT NULL
                      AND z.recorded_at >= uuid_extract_timestamp((
                          SELECT o.id FROM billing_portion o
                          WHERE o.account_id = p.account_id AND o.order_id = p.order_id AND o.line = p.line AND o.run = p.run
                            AND o.number = p.number ORDER BY o.id LIMIT 1))
                      AND (z.first_month <= d.ends_at::date OR z.counts_from <= first.starts_at)))""",
    ),
    Check(
        "order_charges_ahead_pay_for_later_months",
        Promise.EXACT,
        "What of a year's charges no time earns is what tokens of its months that are still to come will be paid with, and nothing more "
        "once the line is no more.",
        f"""SELECT r.account_id AS account, r.id AS period, r.starts_at AS begins_at, r.is_by_months, r.currency, k.reconciled_at,
                   coalesce(c.ahead, 0) AS ahead, cardinality(r.month_ends) AS opened, l.told AS line, o.due,
                   CASE WHEN l.told IS NOT NULL THEN (
                       SELECT array_agg(CASE m.number WHEN 12 THEN r.ends_at ELSE coalesce(r.month_ends[m.number], {_NEXT}) END
                                        ORDER BY m.number) FROM generate_series(1, 12) AS m (number)) END AS ends
            FROM billing_orderperiod r
            LEFT JOIN (SELECT period_id, sum(ahead) AS ahead FROM billing_ordercharge GROUP BY 1) AS c ON c.period_id = r.id
            LEFT JOIN billing_orderclock k ON k.account_id = r.account_id
            LEFT JOIN (
                SELECT v.order_id, l.name, l.run, l.begins_at, to_jsonb(l)::text AS told
                FROM ({PRESENT}) AS v JOIN billing_orderline l ON l.version_id = v.id
                WHERE v.state = 'active' AND l.snapshot @> '{BY_MONTH}') AS l
                ON l.order_id = r.order_id AND l.name = r.line AND l.run = r.run
            LEFT JOIN (
                SELECT order_id, line, run, number, jsonb_object_agg(part, due)::text AS due
                FROM (SELECT order_id, line, run, number, part, sum(due) AS due FROM billing_portion WHERE month IS NOT NULL
                      GROUP BY 1, 2, 3, 4, 5) AS p GROUP BY 1, 2, 3, 4) AS o
                ON o.order_id = r.order_id AND o.line = r.line AND o.run = r.run AND o.number = r.number
            WHERE c.ahead <> 0 OR l.told IS NOT NULL""",
        is_lie=_is_more_or_less_ahead,
    ),
)
