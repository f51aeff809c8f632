"""The charges of a month as FOCUS wants them: usage by day and grant, purchases and credits by document, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import connection

from billing.errors import NoSeller
from billing.models import Seller
from billing.queries.audit_revenue import places_of
from billing.rules.focus import Charge, charge_of
from billing.rules.months import end_of, start_of
from config.kernel.streaming import one_state
from wallets.models import Account, Currency

ROWS_AT_ONCE = 1000

_MONTH = "{0} >= %(since)s AND {0} < %(until)s"
_DAY = "(({}) AT TIME ZONE 'UTC')::date"


def _of(account: str) -> str:
    return f"(%(account)s::uuid IS NULL OR {account} = %(account)s::uuid)"


# Lines of the month's debits, and what its reversals took off lines, from the last on. upto: tokens to this line's end.
_LINES = f"""
    SELECT d.account_id, d.id AS cause, {_DAY.format("d.recorded_at")} AS day, d.product_id, d.unit_id, l.feature_id, l.rate_id,
           1 AS sign, false AS is_late, l.quantity, l.tokens,
           sum(l.tokens) OVER (PARTITION BY d.account_id, d.id ORDER BY l.position) AS upto
    FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
    WHERE {_MONTH.format("d.recorded_at")} AND {_of("d.account_id")}
    UNION ALL
    SELECT r.account_id, r.id, {_DAY.format("r.recorded_at")}, r.product_id, d.unit_id, l.feature_id, l.rate_id, -1, d.recorded_at < %(since)s,
           CASE WHEN l.tokens = 0 THEN l.quantity ELSE round(l.quantity * t.tokens / l.tokens, 9) END, coalesce(t.tokens, 0),
           sum(coalesce(t.tokens, 0)) OVER (PARTITION BY r.account_id, r.id ORDER BY l.position DESC)
    FROM usage_reversal r
    JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
    JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
    LEFT JOIN usage_reversalline t ON t.reversal_id = r.id AND t.account_id = r.account_id AND t.position = l.position
    WHERE {_MONTH.format("r.recorded_at")} AND {_of("r.account_id")} AND (t.tokens IS NOT NULL OR r.is_whole AND l.tokens = 0)
"""
_ENTRIES = f"""
    SELECT account_id, cause_id, grant_id, amount, sum(amount) OVER (PARTITION BY account_id, cause_id ORDER BY number) AS upto
    FROM wallets_entry
    WHERE {_MONTH.format("recorded_at")} AND {_of("account_id")} AND cause_kind IN ('debit', 'reversal')
      AND kind IN ('draw', 'late_draw', 'overage', 'restore', 'overage_reversal', 'credit')
"""
# Items draw in the order sent, so what a line was paid by is where its tokens and those of an entry lie over each other.
_PIECES = """
    SELECT l.*, e.grant_id, greatest(l.upto - l.tokens, e.upto - e.amount) - (l.upto - l.tokens) AS starts,
           least(l.upto, e.upto) - (l.upto - l.tokens) AS ends
    FROM line l
    JOIN entry e ON e.cause_id = l.cause AND e.account_id = l.account_id
        AND least(l.upto, e.upto) > greatest(l.upto - l.tokens, e.upto - e.amount)
    WHERE l.tokens > 0
    UNION ALL
    SELECT l.*, NULL, 0, 0 FROM line l WHERE l.tokens = 0
"""
_QUANTITY = """CASE WHEN tokens = 0 THEN quantity
                    ELSE round(quantity * ends / tokens, 9) - round(quantity * starts / tokens, 9) END"""
# One row a day, feature, rate and grant. A purchase that repays overage of before costs no tokens again, and has its share.
_GROUPS = f"""
    SELECT account_id, day, product_id, unit_id, feature_id, rate_id, sign, is_late, grant_id,
           sum(sign * (ends - starts)) AS tokens, sum(sign * ({_QUANTITY})) AS quantity, sum(sign * (ends - starts)) AS weight
    FROM piece GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    UNION ALL
    SELECT e.account_id, {_DAY.format("e.recorded_at")}, d.product_id, d.unit_id, f.id, NULL, 0, false, e.grant_id, 0, 0, sum(e.amount)
    FROM wallets_entry e
    JOIN wallets_overage o ON o.id = e.overage_id AND o.account_id = e.account_id
    JOIN usage_debit d ON d.id = o.cause_id AND d.account_id = o.account_id
    LEFT JOIN pricing_feature f ON f.code = o.feature
    WHERE e.kind = 'repay' AND {_MONTH.format("e.recorded_at")} AND {_of("e.account_id")}
    GROUP BY 1, 2, 3, 4, 5, 9
"""
# What the month recognised of a grant for a product, shared out by tokens, to the smallest amount, so that it adds up.
_PAST = "PARTITION BY p.account_id, p.grant_id, p.product_id"
_SHARED = f"""
    SELECT p.*, m.recognised, m.currency,
           sum(weight) OVER ({_PAST} ORDER BY day, feature_id, rate_id, sign, is_late ROWS UNBOUNDED PRECEDING) AS gone,
           sum(weight) OVER ({_PAST}) AS whole,
           row_number() OVER ({_PAST} ORDER BY day DESC, feature_id DESC, rate_id DESC, sign DESC, is_late DESC) AS from_last
    FROM grouped p
    LEFT JOIN billing_grantmonth m ON m.account_id = p.account_id AND m.grant_id = p.grant_id AND m.month = %(month)s
        AND m.product_id = p.product_id
"""
_PLACES = places_of("s.currency")
_MONEY = f"""CASE WHEN s.recognised IS NULL THEN 0
                  WHEN s.whole = 0 THEN CASE s.from_last WHEN 1 THEN s.recognised ELSE 0 END
                  ELSE round(s.recognised * s.gone / s.whole, {_PLACES})
                     - round(s.recognised * (s.gone - s.weight) / s.whole, {_PLACES}) END"""
_USAGE = f"""
    WITH line AS MATERIALIZED ({_LINES}), entry AS MATERIALIZED ({_ENTRIES}), piece AS ({_PIECES}), grouped AS ({_GROUPS}),
         shared AS ({_SHARED})
    SELECT CASE s.sign WHEN 1 THEN 'usage' WHEN -1 THEN 'reversal' ELSE 'repayment' END AS source, s.is_late,
           a.reference AS account, a.name AS account_name, up.reference AS parent, up.name AS parent_name, s.day AS starts_on,
           s.day + 1 AS ends_on, p.name AS product, u.code AS token, f.code AS sku, f.name AS description, f.unit, s.rate_id::text AS price,
           s.quantity, s.tokens, {_MONEY} AS effective, coalesce(nullif(b.currency, ''), '') AS currency,
           b.paid / nullif(b.tokens, 0) AS token_price, sale.list_price / nullif(b.tokens, 0) AS token_list_price,
           CASE WHEN r.tier_mode = '' AND r.formula = '' THEN r.tokens / r.per END AS list_tokens,
           s.grant_id::text AS grant, g.kind AS grant_kind
    FROM shared s
    JOIN wallets_account a ON a.id = s.account_id
    LEFT JOIN wallets_account up ON up.id = a.parent_id
    JOIN wallets_tokenunit u ON u.id = s.unit_id
    LEFT JOIN pricing_product p ON p.id = s.product_id
    LEFT JOIN pricing_feature f ON f.id = s.feature_id
    LEFT JOIN pricing_rate r ON r.id = s.rate_id
    LEFT JOIN wallets_grant g ON g.id = s.grant_id AND g.account_id = s.account_id
    LEFT JOIN billing_grantrevenue b ON b.grant_id = s.grant_id AND b.account_id = s.account_id
    LEFT JOIN billing_grantsale sale ON sale.grant_id = s.grant_id AND sale.account_id = s.account_id
    ORDER BY a.reference, s.day, f.code, s.rate_id, s.sign DESC, s.grant_id
"""
_ACCOUNT = "a.reference AS account, a.name AS account_name, up.reference AS parent, up.name AS parent_name"
_JOINS = "LEFT JOIN wallets_account up ON up.id = a.parent_id"
_NUMBER = "{0}.year || '-' || lpad({0}.sequence::text, 6, '0')"
_SKU = """LEFT JOIN LATERAL (SELECT n.sku FROM billing_orderline n JOIN billing_orderversion w ON w.id = n.version_id
                             WHERE w.order_id = p.order_id AND n.name = p.line AND n.run = p.run ORDER BY w.number DESC LIMIT 1) AS o ON true"""
_INVOICED = f"""
    SELECT 'invoice' AS source, {_ACCOUNT}, coalesce(l.first_day, i.period) AS starts_on,
           coalesce(l.last_day + 1, CASE WHEN l.first_day IS NULL THEN (i.period + interval '1 month')::date ELSE l.first_day + 1 END) AS ends_on,
           l.kind, l.description, l.quantity, l.unit_price, l.list_amount, l.amount, i.currency, {_NUMBER.format("i")} AS invoice,
           CASE l.kind WHEN 'overage' THEN l.feature WHEN 'order' THEN o.sku ELSE 'fixed' END AS sku, l.token,
           CASE l.kind WHEN 'overage' THEN 0 WHEN 'order' THEN c.fee ELSE l.amount END AS effective, c.ends_at IS NOT NULL AS is_recurring
    FROM billing_invoice i
    JOIN billing_invoiceline l ON l.invoice_id = i.id
    JOIN wallets_account a ON a.id = i.customer_id {_JOINS}
    LEFT JOIN billing_invoicedcharge x ON x.line_id = l.id
    LEFT JOIN billing_ordercharge c ON c.id = x.charge_id
    LEFT JOIN billing_orderperiod p ON p.id = c.period_id {_SKU}
    WHERE i.state = 'final' AND {_MONTH.format("i.issued_at")} AND {_of("i.customer_id")}
    ORDER BY i.year, i.sequence, l.position
"""
_ELSEWHERE = f"""
    SELECT 'order' AS source, {_ACCOUNT}, c.first_day AS starts_on, coalesce(c.last_day, c.first_day) + 1 AS ends_on,
           'order' AS kind, c.description, c.quantity, c.unit_price, c.list_amount, c.amount, c.currency, NULL AS invoice, o.sku, '' AS token,
           c.fee AS effective, c.ends_at IS NOT NULL AS is_recurring
    FROM billing_ordercharge c
    JOIN wallets_account a ON a.id = c.account_id {_JOINS}
    JOIN billing_orderperiod p ON p.id = c.period_id {_SKU}
    WHERE c.is_external AND {_MONTH.format("c.recorded_at")} AND {_of("c.account_id")}
    ORDER BY a.reference, c.id
"""
_BY_HAND = f"""
    SELECT 'grant' AS source, {_ACCOUNT}, {_DAY.format("g.effective_at")} AS starts_on,
           coalesce({_DAY.format("g.expires_at - interval '1 microsecond'")}, {_DAY.format("g.effective_at")}) + 1 AS ends_on, 'grant' AS kind,
           'Tokens: ' || g.kind AS description, b.tokens AS quantity, m.paid / b.tokens AS unit_price, s.list_price AS list_amount,
           m.paid AS amount, m.currency, NULL AS invoice, 'tokens' AS sku, u.code AS token, 0 AS effective, false AS is_recurring
    FROM billing_grantmonth m
    JOIN billing_grantrevenue b ON b.grant_id = m.grant_id AND b.account_id = m.account_id
    JOIN wallets_grant g ON g.id = m.grant_id AND g.account_id = m.account_id
    JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id JOIN wallets_tokenunit u ON u.id = w.unit_id
    JOIN wallets_account a ON a.id = m.account_id {_JOINS}
    LEFT JOIN billing_grantsale s ON s.grant_id = m.grant_id AND s.account_id = m.account_id
    WHERE m.month = %(month)s AND m.paid <> 0 AND {_of("m.account_id")}
      AND NOT EXISTS (SELECT FROM billing_ordergrant o WHERE o.grant_id = m.grant_id AND o.account_id = m.account_id)
    ORDER BY a.reference, m.id
"""
_CREDITED = f"""
    SELECT 'credit_note' AS source, {_ACCOUNT}, n.issued_on AS starts_on, n.issued_on + 1 AS ends_on, 'credit' AS kind,
           n.reason AS description, -k.amount AS amount, i.currency, 'C' || {_NUMBER.format("n")} AS invoice, {_NUMBER.format("i")} AS of_invoice,
           coalesce((SELECT sum(m.earned) FROM billing_billedmonth m WHERE m.credit_id = k.id), 0) AS effective,
           {_DAY.format("i.issued_at")} < %(month)s AS is_late
    FROM billing_creditnote n
    JOIN billing_creditline k ON k.note_id = n.id
    JOIN billing_invoice i ON i.id = n.invoice_id
    JOIN wallets_account a ON a.id = n.customer_id {_JOINS}
    WHERE {_MONTH.format("n.issued_at")} AND {_of("n.customer_id")} AND k.amount <> 0
    ORDER BY n.year, n.sequence, k.id
"""
# What the month earned and no usage of it carries: invoiced overage, and grants whose money an order changed.
_EARNED = f"""
    SELECT 'earned' AS source, {_ACCOUNT}, %(month)s::date AS starts_on, (%(month)s::date + interval '1 month')::date AS ends_on, 'overage' AS kind,
           'Overage on invoice ' || {_NUMBER.format("i")} AS description, m.earned AS effective, m.currency, {_NUMBER.format("i")} AS of_invoice,
           p.name AS product, l.feature AS sku
    FROM billing_billedmonth m
    JOIN billing_invoiceline l ON l.id = m.line_id JOIN billing_invoice i ON i.id = l.invoice_id
    JOIN wallets_account a ON a.id = m.account_id {_JOINS}
    LEFT JOIN pricing_product p ON p.id = m.product_id
    WHERE m.month = %(month)s AND m.kind = 'overage' AND m.earned <> 0 AND {_of("m.account_id")}
    UNION ALL
    SELECT 'earned', {_ACCOUNT}, %(month)s::date, (%(month)s::date + interval '1 month')::date, 'repricing',
           'An order changed what was paid for tokens', m.recognised, m.currency, NULL, p.name, 'tokens'
    FROM billing_grantmonth m
    JOIN wallets_account a ON a.id = m.account_id {_JOINS}
    LEFT JOIN pricing_product p ON p.id = m.product_id
    WHERE m.month = %(month)s AND m.recognised <> 0 AND {_of("m.account_id")} AND NOT EXISTS (
        SELECT FROM wallets_entry e
        LEFT JOIN wallets_overage o ON o.id = e.overage_id AND o.account_id = e.account_id
        LEFT JOIN usage_reversal v ON v.id = e.cause_id AND v.account_id = e.account_id
        JOIN usage_debit d ON d.account_id = e.account_id
            AND d.id = CASE WHEN e.kind = 'repay' THEN o.cause_id WHEN e.cause_kind = 'reversal' THEN v.debit_id ELSE e.cause_id END
        WHERE e.grant_id = m.grant_id AND e.account_id = m.account_id AND {_MONTH.format("e.recorded_at")}
          AND e.kind IN ('draw', 'late_draw', 'repay', 'restore') AND d.product_id = m.product_id)
"""
_STATEMENTS = (_USAGE, _EARNED, _INVOICED, _ELSEWHERE, _BY_HAND, _CREDITED)


def seller() -> Seller:
    """Who provides, and issues invoices.

    Raises NoSeller.
    """
    found = Seller.objects.first()
    if found is None:
        raise NoSeller()
    return found


def charges_of(month: date, account: Account | None = None) -> Iterator[Charge]:
    """The charges of a month of UTC, of one account or of all, as one state of the database has them.

    Read as they are taken, a thousand at a time, whatever there is.
    """
    asked = {
        "month": month,
        "since": start_of(month),
        "until": end_of(month),
        "account": account.pk if account else None,
    }
    reporting = Currency.objects.filter(is_reporting=True).values_list("code", flat=True).first() or "XXX"
    with one_state():
        for statement in _STATEMENTS:
            yield from _charges(statement, asked, reporting)


def _charges(statement: str, asked: dict[str, Any], reporting: str) -> Iterator[Charge]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, asked)
        names: list[str] = []
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            names = names or [column[0] for column in cursor.description]
            for row in rows:
                yield charge_of(dict(zip(names, row, strict=True)), reporting)
