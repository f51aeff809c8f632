"""What must hold of revenue: it follows from the ledger and from what was paid, to the smallest amount."""

from __future__ import annotations

from billing.models import (
    AccountingPeriod,
    GrantMonth,
    GrantRevenue,
    LedgerReading,
    PeriodFigure,
    RevenueMonth,
)
from billing.rules.money import OTHER_PLACES
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

_CASES = " ".join(f"WHEN %s = '{code}' THEN {places}" for code, places in OTHER_PLACES.items())
_PLACES = f"CASE {_CASES} ELSE 2 END"


def places_of(currency: str) -> str:
    """SQL for how many decimals an amount of a currency has."""
    return _PLACES.replace("%s", currency)


def cumulated(tokens: str, of: str = "b") -> str:
    """SQL for what so many tokens of a grant were paid with: rounded half up, in whole smallest amounts.

    The scale is that of its last change of money, else of its making.
    """
    earned = _part(f"{of}.earned", f"({tokens})", f"{of}.at_spent", of)
    owed = _part(f"{of}.owed", f"({tokens} - {of}.at_spent)", f"{of}.at_left", of)
    return f"(CASE WHEN {tokens} <= {of}.at_spent THEN {earned} ELSE {of}.earned + {owed} END)"


def _part(money: str, tokens: str, whole: str, of: str) -> str:
    return f"CASE WHEN {tokens} = 0 THEN 0 ELSE div(2 * {money} * {of}.unit * {tokens} + {whole}, 2 * {whole}) / {of}.unit END"


# Tokens that lapsed when they came back to a voided grant were not taken back: nothing is refunded.
_IS_LAPSE = "e.kind = 'void' AND e.cause_kind IN ('hold', 'reversal')"
_IS_TAKEN = "e.kind = 'void' AND e.cause_kind NOT IN ('hold', 'reversal')"
# Entries that revenue was reckoned from, each with its month.
_READ = """
    SELECT m.*, date_trunc('month', m.recorded_at AT TIME ZONE 'UTC')::date AS month
    FROM wallets_movement m
    JOIN billing_ledgerreading r ON r.account_id = m.account_id AND r.wallet_id = m.wallet_id AND m.number <= r.last_number
"""
_COUNTS = f"""
    sum(e.d_spent) AS spent, sum(e.d_expired) + coalesce(sum(e.amount) FILTER (WHERE {_IS_LAPSE}), 0) AS expired,
    coalesce(sum(e.amount) FILTER (WHERE {_IS_TAKEN}), 0) AS voided,
    coalesce(sum(e.amount) FILTER (WHERE e.kind = 'transfer_out'), 0) AS moved
"""
# A grant as the ledger knows it. `tokens` at its making; `unit`: how many smallest amounts one of its currency has.
_COUNTED = f"""
    SELECT account_id, grant_id, sum(amount) FILTER (WHERE kind IN ('grant', 'transfer_in')) AS tokens, {_COUNTS}
    FROM ({_READ}) AS e WHERE grant_id IS NOT NULL GROUP BY 1, 2
"""
# With the scale of its last change of money: from which entry and month on, and what stood where then.
_GRANTS = """
    SELECT g.*, (10::numeric ^ g.places)::numeric(10, 0) AS unit, coalesce(c.after_number, 0) AS at_number,
           date_trunc('month', c.recorded_at AT TIME ZONE 'UTC')::date AS at_month,
           coalesce(c.spent, 0) AS at_spent, coalesce(c.remaining, g.tokens) AS at_left,
           coalesce(c.recognised, 0) AS earned, coalesce(c.deferred, g.paid) AS owed, coalesce(c.lost, 0) AS lost,
           coalesce(c.refunded, 0) AS at_refunded, coalesce(c.transferred, 0) AS at_transferred
    FROM billing_grantrevenue g LEFT JOIN billing_grantrepricing c ON c.account_id = g.account_id AND c.id = g.repricing_id
"""
# What left each grant at the right end of its scale: taken back or moved on. gone: with what had left before.
_LEFT = f"""
    SELECT *, sum(amount) OVER (PARTITION BY account_id, grant_id ORDER BY number) AS gone
    FROM ({_READ}) AS e WHERE e.kind = 'transfer_out' OR {_IS_TAKEN}
"""
_WENT = f"""
    SELECT b.account_id, b.grant_id, coalesce(sum(l.money) FILTER (WHERE l.kind = 'void'), 0) AS refunded,
           coalesce(sum(l.money) FILTER (WHERE l.kind = 'transfer_out'), 0) AS transferred
    FROM (SELECT l.account_id, l.grant_id, l.kind,
                 {cumulated("b.tokens - l.gone + l.amount")} - {cumulated("b.tokens - l.gone")} AS money
          FROM ({_LEFT}) AS l JOIN ({_GRANTS}) AS b ON b.account_id = l.account_id AND b.grant_id = l.grant_id
          WHERE l.number > b.at_number) AS l
    RIGHT JOIN billing_grantrevenue b ON b.account_id = l.account_id AND b.grant_id = l.grant_id GROUP BY 1, 2
"""
# What was paid for what was handed out, rounded half up; what a transfer made was paid with what it took.
_SALES = f"""
    SELECT e.account_id, e.grant_id, coalesce(s.currency, g.currency) AS currency, e.amount AS tokens, c.id AS change,
           coalesce(c.paid, s.paid, g.unit_cost * e.amount, 0) AS exact,
           10::numeric ^ ({places_of("coalesce(s.currency, g.currency)")}) AS unit
    FROM ({_READ}) AS e
    JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
    LEFT JOIN billing_grantsale s ON s.grant_id = e.grant_id AND s.account_id = e.account_id
    LEFT JOIN (SELECT DISTINCT ON (p.account_id, p.grant_id) p.* FROM billing_grantrepricing p
               JOIN billing_ledgerreading r ON r.account_id = p.account_id AND r.wallet_id = p.wallet_id AND p.id <= r.last_repricing
               ORDER BY p.account_id, p.grant_id, p.id DESC) AS c ON c.account_id = e.account_id AND c.grant_id = e.grant_id
    WHERE e.kind = 'grant'
"""
_TAKEN, _GIVEN = (
    f"""SELECT cause_id, account_id, grant_id, number, row_number() OVER (PARTITION BY cause_id ORDER BY number) AS place, amount
        FROM wallets_entry WHERE kind = '{kind}'"""
    for kind in ("transfer_out", "transfer_in")
)

REVENUE = (
    Check(
        "paid_is_what_was_sold",
        Promise.CONSERVATION,
        "What was paid for a grant is its sale, as an order changed it last, else its tokens at their price, else nothing; to the smallest amount.",
        f"""SELECT s.account_id AS account, s.grant_id AS grant, s.exact, b.paid
            FROM ({_SALES}) AS s LEFT JOIN billing_grantrevenue b ON b.account_id = s.account_id AND b.grant_id = s.grant_id
            WHERE (b.paid = div(2 * s.exact * s.unit + 1, 2) / s.unit AND b.tokens = s.tokens AND b.currency = s.currency
                   AND b.repricing_id IS NOT DISTINCT FROM s.change AND 10::numeric ^ b.places = s.unit) IS NOT TRUE""",
    ),
    Check(
        "transfer_moves_what_was_paid",
        Promise.CONSERVATION,
        "What a grant was paid with that a transfer made is what left the grant that it came from.",
        f"""SELECT given.account_id AS account, given.grant_id AS grant, b.paid, src.grant_id AS taken_from
            FROM ({_GIVEN}) AS given
            JOIN ({_TAKEN}) AS taken ON taken.cause_id = given.cause_id AND taken.place = given.place
            JOIN ({_GRANTS}) AS src ON src.account_id = taken.account_id AND src.grant_id = taken.grant_id
            JOIN billing_grantrevenue b ON b.account_id = given.account_id AND b.grant_id = given.grant_id
            LEFT JOIN ({_LEFT}) AS l ON l.account_id = taken.account_id AND l.grant_id = taken.grant_id AND l.number = taken.number
            WHERE b.tokens <> given.amount OR b.currency <> src.currency
               OR l.number > src.at_number
                  AND b.paid <> {cumulated("src.tokens - l.gone + l.amount", "src")} - {cumulated("src.tokens - l.gone", "src")}
            UNION ALL
            SELECT src.account_id, src.grant_id, src.transferred, NULL FROM billing_grantrevenue src
            JOIN ({_TAKEN}) AS taken ON taken.account_id = src.account_id AND taken.grant_id = src.grant_id
            JOIN ({_GIVEN}) AS given ON given.cause_id = taken.cause_id AND given.place = taken.place
            JOIN billing_grantrevenue b ON b.account_id = given.account_id AND b.grant_id = given.grant_id
            GROUP BY src.account_id, src.grant_id, src.transferred HAVING src.transferred <> sum(b.paid)""",
    ),
    Check(
        "revenue_follows_from_the_ledger",
        Promise.CONSERVATION,
        "Revenue + deferred + breakage + refunded + moved on = paid, each by where the grant's tokens are in the ledger.",
        f"""SELECT c.account_id AS account, c.grant_id AS grant, b.paid, b.recognised, b.breakage, b.refunded, b.transferred, b.deferred
            FROM ({_COUNTED}) AS c LEFT JOIN ({_GRANTS}) AS b ON b.account_id = c.account_id AND b.grant_id = c.grant_id
            LEFT JOIN ({_WENT}) AS w ON w.account_id = c.account_id AND w.grant_id = c.grant_id
            WHERE ((b.tokens, b.spent, b.expired, b.voided, b.moved) = (c.tokens, c.spent, c.expired, c.voided, c.moved)
               AND b.recognised = {cumulated("c.spent")}
               AND b.transferred = b.at_transferred + w.transferred
               AND b.refunded = b.at_refunded + w.refunded
               AND b.breakage = b.lost + {cumulated("c.tokens - c.moved - c.voided")}
                              - {cumulated("c.tokens - c.moved - c.voided - c.expired")}
               AND b.paid = b.recognised + b.deferred + b.breakage + b.refunded + b.transferred) IS NOT TRUE""",
    ),
    Check(
        "repricing_is_where_its_grant_stood",
        Promise.CONSERVATION,
        "A change of a grant's money finds its tokens where the ledger has them, asks for no less, and leaves what was earned.",
        """SELECT p.account_id AS account, p.grant_id AS grant, p.id AS change, p.spent, p.remaining, p.paid, p.paid_before
           FROM (SELECT c.*, lag(c.paid, 1, s.paid) OVER past AS paid_before, lag(c.recognised, 1, 0) OVER past AS earned_before,
                        lag(c.lost, 1, 0) OVER past AS lost_before, lag(c.spent, 1, 0) OVER past AS spent_before,
                        s.grant_id AS sale
                 FROM billing_grantrepricing c LEFT JOIN billing_grantsale s ON s.account_id = c.account_id AND s.grant_id = c.grant_id
                 WINDOW past AS (PARTITION BY c.account_id, c.grant_id ORDER BY c.id)) AS p
           LEFT JOIN LATERAL (
               SELECT sum(d_spent) AS spent, sum(d_remaining) AS remaining FROM wallets_movement m
               WHERE m.account_id = p.account_id AND m.grant_id = p.grant_id AND m.wallet_id = p.wallet_id AND m.number <= p.after_number) m
               ON true
           WHERE (p.sale IS NOT NULL AND p.spent = m.spent AND p.remaining = m.remaining AND p.paid >= p.paid_before
                  AND p.lost >= p.lost_before AND (p.spent < p.spent_before OR p.recognised >= p.earned_before)) IS NOT TRUE""",
    ),
    Check(
        "revenue_of_months_is_the_grants",
        Promise.CONSERVATION,
        "What all months moved of a grant is where it stands.",
        """SELECT b.account_id AS account, b.grant_id AS grant, b.recognised, m.recognised AS by_month
           FROM billing_grantrevenue b
           LEFT JOIN (SELECT account_id, grant_id, sum(paid + received) AS paid, sum(recognised) AS recognised,
                             sum(breakage) AS breakage, sum(refunded) AS refunded, sum(transferred) AS transferred
                      FROM billing_grantmonth GROUP BY 1, 2) m ON m.account_id = b.account_id AND m.grant_id = b.grant_id
           WHERE ((b.paid, b.recognised, b.breakage, b.refunded, b.transferred)
                = (m.paid, m.recognised, m.breakage, m.refunded, m.transferred)) IS NOT TRUE""",
    ),
    Check(
        "tokens_of_months_are_the_ledgers",
        Promise.CONSERVATION,
        "Each month has the tokens of a grant that the ledger moved in it, for the product whose usage they paid.",
        f"""SELECT coalesce(l.account_id, m.account_id) AS account, coalesce(l.grant_id, m.grant_id) AS grant,
                   coalesce(l.month, m.month) AS month, l.spent, m.spent AS by_month
            FROM (SELECT e.account_id, e.grant_id, e.month,
                         CASE WHEN e.d_spent <> 0 THEN coalesce(d.product_id, v.product_id, u.product_id) END AS product_id,
                         {_COUNTS}
                  FROM ({_READ}) AS e
                  LEFT JOIN usage_debit d ON e.cause_kind = 'debit' AND d.id = e.cause_id AND d.account_id = e.account_id
                  LEFT JOIN usage_reversal v ON e.cause_kind = 'reversal' AND v.id = e.cause_id AND v.account_id = e.account_id
                  LEFT JOIN wallets_overage o ON e.kind = 'repay' AND o.id = e.overage_id AND o.account_id = e.account_id
                  LEFT JOIN usage_debit u ON u.id = o.cause_id AND u.account_id = e.account_id
                  WHERE e.grant_id IS NOT NULL GROUP BY 1, 2, 3, 4) l
            FULL JOIN billing_grantmonth m ON m.account_id = l.account_id AND m.grant_id = l.grant_id
                AND m.month = l.month AND coalesce(m.product_id, 0) = coalesce(l.product_id, 0)
            WHERE (coalesce(l.spent, 0), coalesce(l.expired, 0), coalesce(l.voided, 0), coalesce(l.moved, 0))
               <> (coalesce(m.spent, 0), coalesce(m.expired, 0), coalesce(m.voided, 0), coalesce(m.moved, 0))""",
    ),
    Check(
        "revenue_is_of_its_month",
        Promise.CONSERVATION,
        "What a grant has earned by the end of each month follows from the tokens spent until then, where its entries keep the order of time "
        "and its money was not changed later.",
        f"""SELECT s.account_id AS account, s.grant_id AS grant, s.month, s.earned, s.spent
            FROM (SELECT account_id, grant_id, month, sum(sum(recognised)) OVER past AS earned, sum(sum(spent)) OVER past AS spent
                  FROM billing_grantmonth GROUP BY 1, 2, 3
                  WINDOW past AS (PARTITION BY account_id, grant_id ORDER BY month)) s
            JOIN ({_GRANTS}) AS b ON b.account_id = s.account_id AND b.grant_id = s.grant_id
            LEFT JOIN (SELECT DISTINCT account_id, grant_id
                       FROM (SELECT account_id, grant_id, recorded_at < lag(recorded_at) OVER (
                                 PARTITION BY account_id, grant_id ORDER BY number) AS is_back FROM wallets_entry) e
                       WHERE is_back) back ON back.account_id = s.account_id AND back.grant_id = s.grant_id
            WHERE s.earned <> {cumulated("s.spent")} AND back.grant_id IS NULL AND coalesce(b.at_month <= s.month, true)""",
    ),
    Check(
        "revenue_of_a_month_is_its_grants",
        Promise.CONSERVATION,
        "What a month moved in a currency for a product is the sum over its grants.",
        """SELECT coalesce(g.month, m.month) AS month, coalesce(g.currency, m.currency) AS currency, g.recognised, m.recognised AS kept
           FROM (SELECT month, currency, product_id, sum(paid) AS paid, sum(received) AS received, sum(recognised) AS recognised,
                        sum(breakage) AS breakage, sum(refunded) AS refunded, sum(transferred) AS transferred
                 FROM billing_grantmonth WHERE currency <> '' GROUP BY 1, 2, 3) g
           FULL JOIN billing_revenuemonth m ON m.month = g.month AND m.currency = g.currency
               AND coalesce(m.product_id, 0) = coalesce(g.product_id, 0)
           WHERE (coalesce(g.paid, 0), coalesce(g.received, 0), coalesce(g.recognised, 0), coalesce(g.breakage, 0),
                  coalesce(g.refunded, 0), coalesce(g.transferred, 0))
              <> (coalesce(m.paid, 0), coalesce(m.received, 0), coalesce(m.recognised, 0), coalesce(m.breakage, 0),
                  coalesce(m.refunded, 0), coalesce(m.transferred, 0))""",
    ),
    Check(
        "closed_month_still_adds_up",
        Promise.CONSERVATION,
        "A closed month comes to what it came to when it was closed.",
        """SELECT p.month, coalesce(f.currency, m.currency) AS currency, f.recognised, m.recognised AS now
           FROM billing_accountingperiod p
           JOIN ((SELECT * FROM billing_periodfigure WHERE kind = 'tokens') f
                 FULL JOIN (SELECT k.id, r.* FROM billing_accountingperiod k
                            JOIN (SELECT month, currency, product_id, paid, recognised, breakage, refunded
                                  FROM billing_revenuemonth) r ON r.month = k.month) m
                 ON m.id = f.period_id AND m.currency = f.currency AND coalesce(m.product_id, 0) = coalesce(f.product_id, 0))
               ON p.id = coalesce(f.period_id, m.id)
           WHERE p.reopened_at IS NULL
             AND (coalesce(f.paid, 0), coalesce(f.recognised, 0), coalesce(f.breakage, 0), coalesce(f.refunded, 0))
              <> (coalesce(m.paid, 0), coalesce(m.recognised, 0), coalesce(m.breakage, 0), coalesce(m.refunded, 0))
           UNION ALL
           SELECT p.month, f.currency, f.deferred, owed.deferred
           FROM billing_accountingperiod p
           JOIN billing_periodfigure f ON f.period_id = p.id AND f.kind = 'tokens' AND f.product_id IS NULL
           CROSS JOIN LATERAL (
               SELECT sum(paid + received - recognised - breakage - refunded - transferred) AS deferred FROM billing_revenuemonth r
               WHERE r.month <= p.month AND r.currency = f.currency) owed
           WHERE p.reopened_at IS NULL AND f.deferred IS DISTINCT FROM owed.deferred""",
    ),
    Check(
        "months_are_closed_in_their_order",
        Promise.SHAPE,
        "Closed months follow each other without a gap, and the books of usage are closed up to the last.",
        """SELECT month, last_month FROM (
               SELECT month, lag(month) OVER (ORDER BY month) AS last_month FROM billing_accountingperiod WHERE reopened_at IS NULL) p
           WHERE month <> last_month + interval '1 month'
           UNION ALL
           SELECT p.month, (b.until_at AT TIME ZONE 'UTC')::date
           FROM (SELECT max(month) AS month FROM billing_accountingperiod WHERE reopened_at IS NULL) p
           LEFT JOIN LATERAL (SELECT until_at FROM usage_booksclosed ORDER BY id DESC LIMIT 1) b ON true
           WHERE p.month IS NOT NULL AND b.until_at IS DISTINCT FROM (p.month + interval '1 month') AT TIME ZONE 'UTC'""",
    ),
    Check(
        "revenue_keeps_up",
        Promise.TOLD,
        "Revenue was reckoned from all entries that are older than an hour.",
        """SELECT w.account_id AS account, w.id AS wallet, w.last_number, r.last_number AS read FROM wallets_wallet w
           LEFT JOIN billing_ledgerreading r ON r.account_id = w.account_id AND r.wallet_id = w.id
           JOIN wallets_entry e ON e.account_id = w.account_id AND e.wallet_id = w.id AND e.number = coalesce(r.last_number, 0) + 1
           WHERE e.recorded_at < clock_timestamp() - interval '1 hour'""",
        is_note=True,
    ),
)

GUARDS = (
    triggers_stand(
        "period_triggers_stand",
        {
            table: (f"{table}_only_grows", f"{table}_never_empties")
            for table in ("billing_accountingperiod", "billing_periodfigure", "usage_booksclosed")
        },
    ),
    rights_are_few(
        "period_rights_are_few",
        {
            "billing_accountingperiod": "DELETE, TRUNCATE, TRIGGER",
            **dict.fromkeys(
                ("billing_periodfigure", "usage_booksclosed"), "UPDATE, DELETE, TRUNCATE, TRIGGER"
            ),
        },
    ),
    constraints_stand(
        "revenue_constraints_stand",
        (AccountingPeriod, GrantMonth, GrantRevenue, LedgerReading, PeriodFigure, RevenueMonth),
        ("billing_grantrevenue_repricing_id_same_account",),
    ),
)

CHECKS = (*REVENUE, *GUARDS)
