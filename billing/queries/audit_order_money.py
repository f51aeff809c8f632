"""What must hold of the money of orders: what is due, what was paid for tokens, and that revenue has the same."""

from __future__ import annotations

from billing.queries.audit_revenue import places_of
from config.kernel.audit import Check, Promise

# A grant that was never drawn from and never held, and of which tokens are left: what the present version of its order does not
# want of it could have been taken back, unless it had expired by then and no job had booked that yet.
UNTOUCHED = """g.remaining > 0 AND g.remaining + g.voided = g.tokens
    AND NOT EXISTS (SELECT FROM wallets_entry e
                    WHERE e.account_id = g.account_id AND e.grant_id = g.id AND e.kind NOT IN ('grant', 'void'))
    AND NOT EXISTS (SELECT FROM wallets_pin n WHERE n.account_id = g.account_id AND n.grant_id = g.id)
    AND NOT EXISTS (SELECT FROM billing_orderversion v
                    WHERE v.order_id = p.order_id AND v.number = p.version AND g.expires_at <= v.recorded_at)"""
# One by whose tokens more could be paid: they are left, or were spent.
_CARRIES = (
    "g.voided_at IS NULL AND g.remaining + g.spent > 0 AND (g.expires_at > clock_timestamp()) IS NOT FALSE"
)

# What is due for a portion, to the currency's smallest amount: the months of a year are rounded together.
_PORTIONS = """(SELECT *, sum(due) OVER (PARTITION BY account_id, order_id, line, run, part, number ORDER BY month) AS due_until
                FROM billing_portion)"""
_PLACES = places_of("p.currency")
_DUE = f"(round(p.due_until, {_PLACES}) - round(p.due_until - p.due, {_PLACES}))"

_LAST_CHANGE = "SELECT DISTINCT ON (account_id, grant_id) * FROM billing_grantrepricing ORDER BY account_id, grant_id, id DESC"

MONEY = (
    Check(
        "order_sale_is_what_was_paid",
        Promise.EXACT,
        "Of each grant that an order sold stands the sum that was paid for it, as its last change has it, in the currency of its line.",
        f"""SELECT o.account_id AS account, o.grant_id AS "grant", o.paid, coalesce(c.paid, s.paid) AS sale FROM billing_ordergrant o
           JOIN billing_portion p ON p.id = o.portion_id
           LEFT JOIN billing_grantsale s ON s.grant_id = o.grant_id
           LEFT JOIN ({_LAST_CHANGE}) AS c ON c.account_id = o.account_id AND c.grant_id = o.grant_id
           WHERE p.terms ->> 'kind' = 'purchase' AND (coalesce(c.paid, s.paid) = o.paid AND s.currency = p.currency) IS NOT TRUE
              OR p.terms ->> 'kind' <> 'purchase' AND (s.grant_id IS NOT NULL OR c.grant_id IS NOT NULL)""",
    ),
    Check(
        "order_sales_are_what_is_due",
        Promise.EXACT,
        "Where a portion has the tokens that it wants, what was paid for them is what is due by its line, as far as "
        "tokens are left to carry it.",
        f"""SELECT DISTINCT p.account_id AS account, p.id AS portion, p.due, p.paid
            FROM (SELECT p.*, {_DUE} AS share FROM {_PORTIONS} p WHERE tokens = wanted AND NOT is_missed) AS p
            JOIN billing_ordergrant o ON o.portion_id = p.id JOIN wallets_grant g ON g.id = o.grant_id
            WHERE p.paid <> p.share AND CASE WHEN p.paid < p.share THEN {_CARRIES}
                                             ELSE o.paid > o.taken_paid AND {UNTOUCHED} END""",
    ),
    Check(
        "order_period_is_due_what_is_kept",
        Promise.EXACT,
        "What is due for a period is what was agreed, and what was paid beyond that for tokens of it that stay.",
        f"""SELECT r.account_id AS account, r.id AS period, r.agreed, r.amount, p.beyond FROM billing_orderperiod r
            LEFT JOIN (SELECT order_id, line, run, number, sum(greatest(paid - {_DUE}, 0)) AS beyond
                       FROM {_PORTIONS} p GROUP BY 1, 2, 3, 4) AS p
                ON p.order_id = r.order_id AND p.line = r.line AND p.run = r.run AND p.number = r.number
            WHERE r.amount <> r.agreed + coalesce(p.beyond, 0)""",
    ),
    Check(
        "order_and_revenue_agree",
        Promise.EXACT,
        "What revenue has as paid for a grant and refunded is what its order says, to the smallest amount, where nobody else took back of it.",
        f"""SELECT o.account_id AS account, o.grant_id AS "grant", o.paid, b.paid AS booked, o.taken_paid, b.refunded
            FROM billing_ordergrant o
            JOIN wallets_grant g ON g.id = o.grant_id AND g.account_id = o.account_id
            JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
            JOIN billing_ledgerreading r ON r.account_id = w.account_id AND r.wallet_id = w.id AND r.last_number = w.last_number
            JOIN billing_grantrevenue b ON b.account_id = o.account_id AND b.grant_id = o.grant_id
            LEFT JOIN ({_LAST_CHANGE}) AS c ON c.account_id = o.account_id AND c.grant_id = o.grant_id
            WHERE b.repricing_id IS NOT DISTINCT FROM c.id
              AND (o.paid <> b.paid OR (o.taken = b.voided AND o.taken_paid <> b.refunded))""",
    ),
    Check(
        "grant_was_ended_by_an_order",
        Promise.CONSERVATION,
        "A grant that was voided though nothing was left to take is of an order that wants nothing of it any more.",
        """SELECT g.account_id AS account, g.id AS "grant", g.voided_at FROM wallets_grant g
           LEFT JOIN billing_ordergrant o ON o.account_id = g.account_id AND o.grant_id = g.id
           LEFT JOIN billing_portion p ON p.id = o.portion_id AND p.wanted = 0
           WHERE g.voided_at IS NOT NULL AND p.id IS NULL AND NOT EXISTS (
               SELECT FROM wallets_entry e
               WHERE e.account_id = g.account_id AND e.grant_id = g.id AND e.kind = 'void' AND e.cause_kind = 'void')""",
    ),
)
