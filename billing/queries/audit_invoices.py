"""What must hold of invoices and credit notes: what they ask money for, once each, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing.models import (
    CreditedOverage,
    CreditLine,
    CreditNote,
    Invoice,
    InvoicedOverage,
    InvoiceLine,
    OverageRate,
    Seller,
)
from billing.rules.money import priced
from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)


def _is_rounded_otherwise(row: Mapping[str, Any]) -> bool:
    amount: bool = row["amount"] != priced(row["quantity"], row["unit_price"], row["currency"])
    return amount


def _numbers(table: str) -> str:
    return f"""SELECT '{table}' AS documents, year, count(*) AS issued, min(sequence) AS first, max(sequence) AS last
               FROM {table} WHERE sequence IS NOT NULL GROUP BY year
               HAVING min(sequence) <> 1 OR max(sequence) <> count(*) OR count(DISTINCT sequence) <> count(*)"""


def _in_force(whose: str) -> str:
    """SQL for the rate that held for the usage of a lot, of those known when its invoice was issued."""
    return f"""(SELECT r.id, r.price FROM billing_overagerate r
                WHERE r.unit_id = w.unit_id AND {whose} AND r.recorded_at <= i.issued_at AND r.effective_from <= d.occurred_at
                ORDER BY r.effective_from DESC, r.id DESC LIMIT 1)"""


INVOICES = (
    Check(
        "settled_overage_is_invoiced",
        Promise.CONSERVATION,
        "What the ledger settled stands on the final invoice that it names, lot by lot, and nothing else stands there.",
        """SELECT coalesce(e.account_id, o.customer_id) AS account, e.id AS entry, o.line_id AS line, e.amount, o.tokens, i.state
           FROM (SELECT * FROM wallets_entry WHERE kind = 'settle') e
           FULL JOIN billing_invoicedoverage o ON o.entry_id = e.id
           LEFT JOIN billing_invoiceline l ON l.id = o.line_id
           LEFT JOIN billing_invoice i ON i.id = l.invoice_id
           LEFT JOIN wallets_overage lot ON lot.id = e.overage_id AND lot.account_id = e.account_id
           WHERE (e.amount = o.tokens AND e.cause_id = i.id AND e.account_id = o.customer_id AND o.customer_id = i.customer_id
                  AND e.overage_id = o.lot_id AND lot.cause_id = o.debit_id AND i.state = 'final' AND l.kind = 'overage'
                  AND l.feature = lot.feature) IS NOT TRUE""",
    ),
    Check(
        "entry_is_invoiced_once",
        Promise.AT_MOST_ONCE,
        "An entry of the ledger, and the lot that it settled, is on one invoice, and one given back is on one credit note.",
        """SELECT entry_id AS entry, count(*) AS times FROM billing_invoicedoverage GROUP BY 1 HAVING count(*) > 1
           UNION ALL SELECT lot_id, count(*) FROM billing_invoicedoverage GROUP BY 1 HAVING count(*) > 1
           UNION ALL SELECT entry_id, count(*) FROM billing_creditedoverage GROUP BY 1 HAVING count(*) > 1""",
    ),
    Check(
        "invoice_is_its_lines",
        Promise.EXACT,
        "A final invoice comes to the sum of its lines, and a line of overage is of the tokens that were settled for it.",
        """SELECT i.customer_id AS account, i.id AS invoice, i.total, sum(l.amount) AS lines, NULL::uuid AS line
           FROM billing_invoice i LEFT JOIN billing_invoiceline l ON l.invoice_id = i.id
           WHERE i.state = 'final' GROUP BY i.id HAVING i.total IS DISTINCT FROM sum(l.amount)
           UNION ALL
           SELECT NULL, l.invoice_id, l.quantity, sum(o.tokens), l.id
           FROM billing_invoiceline l LEFT JOIN billing_invoicedoverage o ON o.line_id = l.id
           WHERE l.kind = 'overage' GROUP BY l.id HAVING l.quantity IS DISTINCT FROM sum(o.tokens)""",
    ),
    Check(
        "invoice_line_is_rounded_once",
        Promise.EXACT,
        "A line's amount is its quantity times its price, rounded half up to the smallest unit of its currency.",
        """SELECT i.customer_id AS account, l.id AS line, l.quantity, l.unit_price, l.amount, i.currency
           FROM billing_invoiceline l JOIN billing_invoice i ON i.id = l.invoice_id""",
        is_lie=_is_rounded_otherwise,
    ),
    Check(
        "invoiced_overage_is_at_its_rate",
        Promise.RIGHT_PRICE,
        "Overage is invoiced at the account's rate of the instant of its usage, else at the common one, in that currency.",
        f"""SELECT i.customer_id AS account, l.id AS line, o.lot_id AS lot, l.rate_id AS rate, l.unit_price,
                   CASE WHEN own.price IS NULL THEN common.id ELSE own.id END AS in_force
            FROM billing_invoicedoverage o
            JOIN billing_invoiceline l ON l.id = o.line_id
            JOIN billing_invoice i ON i.id = l.invoice_id
            JOIN wallets_overage lot ON lot.id = o.lot_id AND lot.account_id = o.customer_id
            JOIN wallets_wallet w ON w.id = lot.wallet_id AND w.account_id = lot.account_id
            JOIN usage_debit d ON d.id = lot.cause_id AND d.account_id = lot.account_id
            LEFT JOIN billing_overagerate r ON r.id = l.rate_id
            LEFT JOIN LATERAL {_in_force("r.customer_id = i.customer_id")} AS own ON true
            LEFT JOIN LATERAL {_in_force("r.customer_id IS NULL")} AS common ON true
            WHERE (l.rate_id = CASE WHEN own.price IS NULL THEN common.id ELSE own.id END
                   AND l.unit_price = r.price AND i.currency = r.currency) IS NOT TRUE""",
    ),
    Check(
        "invoiced_overage_is_of_its_time",
        Promise.SHAPE,
        "An invoice carries overage recorded by the end of its month, in the account's time zone, and before it was issued.",
        """SELECT i.customer_id AS account, i.id AS invoice, i.period, lot.id AS lot, lot.created_at
           FROM billing_invoicedoverage o
           JOIN billing_invoiceline l ON l.id = o.line_id
           JOIN billing_invoice i ON i.id = l.invoice_id
           JOIN wallets_overage lot ON lot.id = o.lot_id AND lot.account_id = o.customer_id
           WHERE wallets_month_v1(lot.account_id, lot.created_at) > i.period OR lot.created_at > i.issued_at""",
    ),
    Check(
        "invoice_numbers_have_no_gap",
        Promise.SHAPE,
        "Invoices, and credit notes, are numbered from 1 in each year without a gap.",
        f"{_numbers('billing_invoice')} UNION ALL {_numbers('billing_creditnote')}",
    ),
    Check(
        "credit_stays_within_its_line",
        Promise.CONSERVATION,
        "Credit notes together give back no more of a line than it asked for, and are of final invoices.",
        """SELECT l.id AS line, l.amount, c.amount AS credited, l.quantity, c.tokens, i.state
           FROM (SELECT line_id, sum(amount) AS amount, sum(tokens) AS tokens FROM billing_creditline GROUP BY 1) c
           JOIN billing_invoiceline l ON l.id = c.line_id JOIN billing_invoice i ON i.id = l.invoice_id
           WHERE c.amount > l.amount OR i.state <> 'final' OR c.tokens > CASE l.kind WHEN 'overage' THEN l.quantity ELSE 0 END""",
    ),
    Check(
        "credit_note_is_its_lines",
        Promise.EXACT,
        "A credit note comes to the sum of its lines, all of its own invoice and customer.",
        """SELECT n.customer_id AS account, n.id AS note, n.total, sum(c.amount) AS lines
           FROM billing_creditnote n JOIN billing_invoice i ON i.id = n.invoice_id
           LEFT JOIN billing_creditline c ON c.note_id = n.id LEFT JOIN billing_invoiceline l ON l.id = c.line_id
           GROUP BY n.id, i.customer_id
           HAVING n.total IS DISTINCT FROM sum(c.amount) OR n.customer_id <> i.customer_id
               OR bool_or(l.invoice_id IS DISTINCT FROM n.invoice_id)""",
    ),
    Check(
        "invoiced_overage_is_credited",
        Promise.TOLD,
        "Of invoiced overage that a reversal gave back more than a quarter of an hour ago there is a credit note, of as many tokens.",
        """SELECT e.account_id AS account, e.id AS entry, e.amount, c.tokens, n.id AS note
           FROM (SELECT * FROM wallets_entry WHERE kind = 'credit') e
           FULL JOIN billing_creditedoverage c ON c.entry_id = e.id
           LEFT JOIN billing_creditline part ON part.id = c.credit_line_id
           LEFT JOIN billing_creditnote n ON n.id = part.note_id
           LEFT JOIN billing_invoicedoverage o ON o.entry_id = e.corrects_id
           WHERE CASE WHEN c.id IS NULL THEN e.recorded_at < clock_timestamp() - interval '15 minutes'
                 ELSE (e.amount = c.tokens AND e.account_id = c.customer_id AND e.cause_id = n.reversal_id
                       AND part.line_id = o.line_id) IS NOT TRUE END
           UNION ALL
           SELECT n.customer_id, NULL, part.tokens, sum(c.tokens), n.id
           FROM billing_creditline part JOIN billing_creditnote n ON n.id = part.note_id
           LEFT JOIN billing_creditedoverage c ON c.credit_line_id = part.id
           GROUP BY part.id, n.id HAVING part.tokens <> coalesce(sum(c.tokens), 0)""",
    ),
)

_WRITTEN_ONCE = (
    *("billing_overagerate", "billing_invoicedoverage"),
    *("billing_creditnote", "billing_creditline", "billing_creditedoverage"),
)
GUARDS = (
    triggers_stand(
        "invoice_triggers_stand",
        {
            **{table: (f"{table}_only_grows", f"{table}_never_empties") for table in _WRITTEN_ONCE},
            "billing_invoice": (
                "billing_invoice_only_grows",
                "billing_invoice_never_empties",
                "billing_invoice_stays",
            ),
            "billing_invoiceline": ("billing_invoiceline_stays",),
        },
    ),
    rights_are_few(
        "invoice_rights_are_few",
        {
            **dict.fromkeys(_WRITTEN_ONCE, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
            "billing_invoice": "DELETE, TRUNCATE, TRIGGER",
            "billing_invoiceline": "TRUNCATE, TRIGGER",
        },
    ),
    constraints_stand(
        "invoice_constraints_stand",
        (CreditedOverage, CreditLine, CreditNote, Invoice, InvoicedOverage, InvoiceLine, OverageRate, Seller),
        (),
    ),
    amounts_are_numbers(
        "invoice_amounts_are_numbers",
        {
            "billing_overagerate": ("price",),
            "billing_invoice": ("total",),
            "billing_invoiceline": ("quantity", "unit_price", "amount"),
            "billing_invoicedoverage": ("tokens",),
            "billing_creditline": ("tokens", "amount"),
        },
    ),
)

CHECKS = (*INVOICES, *GUARDS)
