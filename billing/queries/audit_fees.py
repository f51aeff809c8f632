"""What must hold of what orders cost: asked for once, given back where it became less, earned once and in its time."""

from __future__ import annotations

from billing.models import AccountBilling, BilledMonth, CreditedCharge, InvoicedCharge, OrderCharge
from billing.queries.audit_revenue import places_of
from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)

_MONTH = "date_trunc('month', {} AT TIME ZONE 'UTC')::date"
# What each period was asked for, and what of it is on final invoices or was given back by the order itself.
_CHARGED = """
    SELECT c.period_id, c.account_id, min(c.currency) AS currency, sum(c.amount) AS amount, sum(c.fee) AS fee,
           coalesce(sum(c.amount) FILTER (WHERE n.charge_id IS NOT NULL), 0) AS given_back,
           coalesce(sum(c.amount) FILTER (WHERE i.charge_id IS NULL AND n.charge_id IS NULL AND NOT c.is_external), 0) AS open,
           min(c.recorded_at) FILTER (WHERE i.charge_id IS NULL AND n.charge_id IS NULL AND c.amount <> 0) AS open_since
    FROM billing_ordercharge c LEFT JOIN billing_invoicedcharge i ON i.charge_id = c.id
    LEFT JOIN billing_creditedcharge n ON n.charge_id = c.id GROUP BY 1, 2
"""
# What its grants carry, less what the order took back of them, as revenue shares it out.
_KEPT = """
    SELECT order_id, line, run, number, sum(paid) AS amount FROM billing_portion GROUP BY 1, 2, 3, 4
"""
# Credits of a period's lines: those of the order itself and those by hand.
_CREDITS = """
    SELECT c.period_id,
           coalesce(sum(k.by_order), 0) AS by_order, coalesce(sum(k.by_hand), 0) AS by_hand
    FROM billing_invoicedcharge i JOIN billing_ordercharge c ON c.id = i.charge_id
    JOIN billing_invoiceline l ON l.id = i.line_id
    LEFT JOIN (SELECT k.line_id, coalesce(sum(k.amount) FILTER (WHERE n.key LIKE 'order %'), 0) AS by_order,
                      coalesce(sum(k.amount) FILTER (WHERE n.key NOT LIKE 'order %'), 0) AS by_hand
               FROM billing_creditline k JOIN billing_creditnote n ON n.id = k.note_id GROUP BY 1) k ON k.line_id = l.id
    GROUP BY 1
"""


def _earned_by(moment: str) -> str:
    """SQL for what of a charge's fee time has earned by an instant; what is for tokens of later months it does not earn."""
    return f"""CASE WHEN c.ends_at IS NULL OR {moment} >= c.ends_at
                    THEN CASE WHEN {moment} >= c.starts_at THEN c.fee - c.ahead ELSE 0 END
                    WHEN {moment} <= c.starts_at THEN 0
                    ELSE round((c.fee - c.ahead) * extract(epoch FROM {moment} - c.starts_at) / extract(epoch FROM c.ends_at - c.starts_at),
                               {places_of("c.currency")}) END"""


FEES = (
    Check(
        "order_is_charged_what_it_costs",
        Promise.CONSERVATION,
        "The charges of an order's period add up to what it costs, in smallest units.",
        f"""SELECT p.account_id AS account, p.id AS period, p.amount, c.amount AS charged
            FROM billing_orderperiod p LEFT JOIN ({_CHARGED}) AS c ON c.period_id = p.id
            WHERE round(p.amount, {places_of("p.currency")}) <> coalesce(c.amount, 0) OR c.currency <> p.currency""",
    ),
    Check(
        "fee_is_what_no_grant_carries",
        Promise.CONSERVATION,
        "What the grants of a period carry and its fee are together what it costs.",
        f"""SELECT c.account_id AS account, p.id AS period, c.amount, c.fee, k.amount AS carried
            FROM ({_CHARGED}) AS c JOIN billing_orderperiod p ON p.id = c.period_id
            LEFT JOIN ({_KEPT}) AS k ON (k.order_id, k.line, k.run, k.number) = (p.order_id, p.line, p.run, p.number)
            WHERE c.amount <> c.fee + coalesce(k.amount, 0)""",
    ),
    Check(
        "charge_is_asked_for_once",
        Promise.AT_MOST_ONCE,
        "A charge is on one line of one final invoice, which says the same, or on one credit note, and not where it is billed elsewhere.",
        """SELECT coalesce(i.customer_id, v.customer_id) AS account, c.id AS charge, l.id AS line, c.amount, l.amount AS asked
           FROM billing_invoicedcharge i
           FULL JOIN (SELECT * FROM billing_invoiceline WHERE kind = 'order') l ON l.id = i.line_id
           LEFT JOIN billing_invoice v ON v.id = l.invoice_id
           LEFT JOIN billing_ordercharge c ON c.id = i.charge_id
           LEFT JOIN billing_creditedcharge n ON n.charge_id = c.id
           WHERE (c.amount = l.amount AND c.currency = v.currency AND v.customer_id = c.account_id AND v.state = 'final'
                  AND i.customer_id = c.account_id AND NOT c.is_external AND n.charge_id IS NULL) IS NOT TRUE""",
    ),
    Check(
        "invoiced_and_given_back_is_what_orders_cost",
        Promise.CONSERVATION,
        "Of each period, lines of invoices less credit notes of its order are its charges; what was given back by hand before counts, "
        "and is taken off revenue once.",
        f"""SELECT c.account_id AS account, c.period_id AS period, c.given_back, k.by_order, k.by_hand, b.billed, b.earned
            FROM ({_CHARGED}) AS c LEFT JOIN ({_CREDITS}) AS k ON k.period_id = c.period_id
            LEFT JOIN (
                SELECT o.period_id, sum(m.billed) AS billed, sum(m.earned) AS earned FROM billing_billedmonth m
                JOIN billing_ordercharge o ON o.id = m.charge_id WHERE m.line_id IS NOT NULL GROUP BY 1) b ON b.period_id = c.period_id
            WHERE -c.given_back <> coalesce(k.by_order, 0) + coalesce(b.billed, 0) OR b.earned <> b.billed
               OR coalesce(b.billed, 0) NOT BETWEEN 0 AND coalesce(k.by_hand, 0)""",
    ),
    Check(
        "invoice_is_credited_within_its_total",
        Promise.CONSERVATION,
        "Credit notes together give back no more than their invoice came to.",
        """SELECT i.customer_id AS account, i.id AS invoice, i.total, sum(n.total) AS credited
           FROM billing_creditnote n JOIN billing_invoice i ON i.id = n.invoice_id GROUP BY i.id HAVING sum(n.total) > i.total""",
    ),
    Check(
        "orders_that_cost_less_are_credited",
        Promise.TOLD,
        "Of an invoiced period that costs less since more than a quarter of an hour there is a credit note.",
        f"""SELECT c.account_id AS account, c.period_id AS period, c.open FROM ({_CHARGED}) AS c
            WHERE c.open < 0 AND c.open_since < clock_timestamp() - interval '15 minutes'""",
    ),
    Check(
        "what_orders_ask_for_is_on_a_draft",
        Promise.TOLD,
        "What an order has asked for since more than a day is on a draft, unless its time is still to come.",
        f"""SELECT c.account_id AS account, c.period_id AS period, c.open, c.open_since FROM ({_CHARGED}) AS c
            WHERE c.open > 0 AND c.open_since < clock_timestamp() - interval '1 day'
              AND EXISTS (SELECT FROM billing_ordercharge o WHERE o.account_id = c.account_id AND o.period_id = c.period_id
                          AND o.starts_at < clock_timestamp() - interval '1 day')
              AND NOT EXISTS (SELECT FROM billing_invoice i
                              WHERE i.customer_id = c.account_id AND i.currency = c.currency AND i.state = 'draft')""",
        is_note=True,
    ),
    Check(
        "fee_is_earned_in_its_time",
        Promise.CONSERVATION,
        "A fee is billed in the month of its charge and earned month by month as its time passes; where a line ended, all of it by then.",
        f"""SELECT c.account_id AS account, c.id AS charge, m.month, c.fee, m.billed, m.after
            FROM (SELECT charge_id, month, billed, sum(earned) OVER past AS after, sum(earned) OVER past - earned AS before
                  FROM billing_billedmonth WHERE charge_id IS NOT NULL AND line_id IS NULL
                  WINDOW past AS (PARTITION BY charge_id ORDER BY month)) m
            JOIN billing_ordercharge c ON c.id = m.charge_id
            CROSS JOIN LATERAL (SELECT (m.month + interval '1 month') AT TIME ZONE 'UTC' AS ends, m.month AT TIME ZONE 'UTC' AS begins,
                greatest({_MONTH.format("c.starts_at")}, {_MONTH.format("c.recorded_at")}) AS first) t
            WHERE m.billed <> CASE m.month WHEN {_MONTH.format("c.recorded_at")} THEN c.fee ELSE 0 END
               OR NOT c.is_end AND (m.after <> {_earned_by("t.ends")}
                   OR m.before <> CASE WHEN m.month > t.first THEN {_earned_by("t.begins")} ELSE 0 END)
            UNION ALL
            SELECT c.account_id, NULL, NULL, sum(c.fee), sum(m.billed), sum(m.earned)
            FROM billing_ordercharge c
            LEFT JOIN (SELECT charge_id, sum(billed) AS billed, sum(earned) AS earned FROM billing_billedmonth
                       WHERE line_id IS NULL GROUP BY 1) m
                ON m.charge_id = c.id
            GROUP BY c.account_id, c.period_id
            HAVING sum(c.fee) <> coalesce(sum(m.billed), 0) OR sum(c.fee - c.ahead) <> coalesce(sum(m.earned), 0)""",
    ),
    Check(
        "invoiced_overage_is_earned_once",
        Promise.CONSERVATION,
        "What final invoices ask for overage and by hand is billed when they are issued and earned once, not before its usage or after "
        "them; credit notes take it back when they are issued.",
        f"""SELECT i.customer_id AS account, l.id AS source, l.amount, m.billed, m.earned
            FROM (SELECT * FROM billing_invoiceline WHERE kind <> 'order') l
            JOIN billing_invoice i ON i.id = l.invoice_id AND i.state = 'final'
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(billed), 0) AS billed, coalesce(sum(earned), 0) AS earned, min(month) AS first, max(month) AS last,
                       coalesce(bool_or(billed <> 0 AND month <> {_MONTH.format("i.issued_at")}), false) AS is_billed_elsewhere,
                       coalesce(bool_or(kind <> CASE l.kind WHEN 'overage' THEN 'overage' ELSE 'fee' END), false) AS is_called_otherwise
                FROM billing_billedmonth WHERE line_id = l.id) m
            LEFT JOIN (
                SELECT x.line_id, min({_MONTH.format("o.created_at")}) AS used FROM billing_invoicedoverage x
                JOIN wallets_overage o ON o.id = x.lot_id AND o.account_id = x.customer_id GROUP BY 1) u ON u.line_id = l.id
            WHERE (m.billed, m.earned) <> (l.amount, l.amount) OR m.is_billed_elsewhere OR m.is_called_otherwise
               OR m.first < u.used OR m.last > {_MONTH.format("i.issued_at")}
            UNION ALL
            SELECT n.customer_id, n.id, k.amount, coalesce(m.billed, 0), coalesce(m.earned, 0)
            FROM billing_creditline k JOIN billing_creditnote n ON n.id = k.note_id
            LEFT JOIN (SELECT credit_id, sum(billed) AS billed, sum(earned) AS earned, max(month) AS month
                       FROM billing_billedmonth WHERE credit_id IS NOT NULL GROUP BY 1) m ON m.credit_id = k.id
            CROSS JOIN LATERAL (SELECT CASE WHEN n.key LIKE 'order %' THEN 0 ELSE -k.amount END AS amount) AS taken
            WHERE (coalesce(m.billed, 0), coalesce(m.earned, 0)) <> (taken.amount, taken.amount)
               OR m.month <> {_MONTH.format("n.issued_at")}
            UNION ALL
            SELECT account_id, line_id, NULL, billed, earned FROM billing_billedmonth m
            WHERE m.charge_id IS NULL AND EXISTS (SELECT FROM billing_invoiceline l WHERE l.id = m.line_id AND l.kind = 'order')""",
    ),
    Check(
        "closed_month_keeps_its_fees",
        Promise.CONSERVATION,
        "A closed month comes to the fees and the overage that it came to when it was closed.",
        """SELECT p.month, coalesce(f.kind, m.kind) AS kind, coalesce(f.currency, m.currency) AS currency, f.recognised, m.earned AS now
           FROM billing_accountingperiod p
           JOIN ((SELECT * FROM billing_periodfigure WHERE kind <> 'tokens') f
                 FULL JOIN (SELECT k.id, b.currency, b.kind, b.product_id, sum(b.billed) AS billed, sum(b.earned) AS earned
                            FROM billing_accountingperiod k JOIN billing_billedmonth b ON b.month = k.month GROUP BY 1, 2, 3, 4) m
                 ON m.id = f.period_id AND m.currency = f.currency AND m.kind = f.kind
                    AND coalesce(m.product_id, 0) = coalesce(f.product_id, 0))
               ON p.id = coalesce(f.period_id, m.id)
           WHERE p.reopened_at IS NULL
             AND (coalesce(f.paid, 0), coalesce(f.recognised, 0)) <> (coalesce(m.billed, 0), coalesce(m.earned, 0))
           UNION ALL
           SELECT p.month, f.kind, f.currency, f.deferred, owed.deferred
           FROM billing_accountingperiod p
           JOIN billing_periodfigure f ON f.period_id = p.id AND f.kind <> 'tokens' AND f.product_id IS NULL
           CROSS JOIN LATERAL (
               SELECT sum(billed - earned) AS deferred FROM billing_billedmonth b
               WHERE b.month <= p.month AND b.currency = f.currency AND b.kind = f.kind) owed
           WHERE p.reopened_at IS NULL AND f.deferred IS DISTINCT FROM owed.deferred""",
    ),
)

_WRITTEN_ONCE = (
    "billing_ordercharge",
    "billing_invoicedcharge",
    "billing_creditedcharge",
    "billing_billedmonth",
)
GUARDS = (
    triggers_stand(
        "charge_triggers_stand",
        {table: (f"{table}_only_grows", f"{table}_never_empties") for table in _WRITTEN_ONCE},
    ),
    rights_are_few(
        "charge_rights_are_few", dict.fromkeys(_WRITTEN_ONCE, "UPDATE, DELETE, TRUNCATE, TRIGGER")
    ),
    constraints_stand(
        "charge_constraints_stand",
        (AccountBilling, BilledMonth, CreditedCharge, InvoicedCharge, OrderCharge),
        ("billing_ordercharge_period_id_same_account", "billing_billedmonth_charge_id_same_account"),
    ),
    amounts_are_numbers(
        "charge_amounts_are_numbers",
        {
            "billing_ordercharge": ("quantity", "unit_price", "amount", "fee", "ahead"),
            "billing_billedmonth": ("billed", "earned"),
        },
    ),
)

CHECKS = (*FEES, *GUARDS)
