"""Entries of the ledger that revenue has not been reckoned from yet, with what is needed to reckon it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db import connection

from pricing.queries.costs import COSTS_OF_ASKED
from wallets.queries.currencies import reporting_currency

Wallet = tuple[UUID, UUID]
"""An account and one of its wallets."""


@dataclass(frozen=True, slots=True)
class Unbooked:
    """One entry, or a change of a grant's money (kind `reprice`) that came after the entry of this number.

    product, debit: whose usage it was, if any. target: the account and grant that a transfer went to. kind: of the
    ledger; an entry of kind void by which returning tokens lapsed is a `lapse`. repricing: the change of money.
    price: of one token, in `currency`; sale: of the grant as a whole, where it was sold so.
    """

    account: UUID
    wallet: UUID
    number: int
    kind: str
    amount: Decimal
    recorded_at: datetime
    grant: UUID | None
    product: int | None
    debit: UUID | None
    grant_kind: str
    currency: str
    price: Decimal | None
    sale: Decimal | None
    sale_currency: str | None
    target_account: UUID | None
    target: UUID | None
    repricing: UUID | None

    @property
    def paid(self) -> Fraction:
        """What was paid for the tokens that this entry hands out; 0 where nothing was."""
        if self.sale is not None:
            return Fraction(self.sale)
        return Fraction(self.price or 0) * Fraction(self.amount)

    @property
    def paid_in(self) -> str:
        return self.sale_currency or self.currency


@dataclass(frozen=True, slots=True)
class DebitCost:
    """What a debit cost us, by currency, and its tokens."""

    tokens: Decimal
    by_currency: dict[str, Decimal]


def wallets_behind(most: int) -> list[Wallet]:
    """Wallets with entries that were not read, those whose first such entry is oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND, {"most": most})
        return [(account, wallet) for account, wallet in cursor.fetchall()]


def is_behind(moment: datetime) -> bool:
    """Whether an entry that was recorded before `moment` was not read yet."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_BEHIND, {"moment": moment})
        (found,) = cursor.fetchone()
    return bool(found)


def entries_of(wallets: Sequence[Wallet], most: int) -> list[Unbooked]:
    """The next entries of each of these wallets, at most so many each, in the order of wallets and numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRIES,
            {"accounts": [a for a, _ in wallets], "wallets": [w for _, w in wallets], "most": most},
        )
        return [Unbooked(*row) for row in cursor.fetchall()]


def costs_of_debits(debits: Iterable[UUID]) -> dict[UUID, DebitCost]:
    """What debits cost us: what their lines say, else their rates, else the list of costs when they occurred.

    One whose cost nobody knows has none.
    """
    reporting = reporting_currency()
    found: dict[UUID, DebitCost] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COSTS, {"debits": list(debits), "reporting": reporting})
        for debit, tokens, currency, cost in cursor.fetchall():
            found.setdefault(debit, DebitCost(tokens, {})).by_currency[currency] = cost
    return found


_READ = """
    FROM wallets_wallet w
    LEFT JOIN billing_ledgerreading r ON r.account_id = w.account_id AND r.wallet_id = w.id
    CROSS JOIN LATERAL (
        SELECT e.id, e.recorded_at FROM wallets_entry e
        WHERE e.account_id = w.account_id AND e.wallet_id = w.id AND e.number = coalesce(r.last_number, 0) + 1
        OFFSET 0) AS next
    WHERE w.last_number > coalesce(r.last_number, 0)
"""
# Changes of money are few: each is the version of an order.
_REPRICED = """
    FROM billing_grantrepricing p
    LEFT JOIN billing_ledgerreading r ON r.account_id = p.account_id AND r.wallet_id = p.wallet_id
    WHERE r.last_repricing IS NULL OR p.id > r.last_repricing
"""
_BEHIND = f"""
    SELECT account_id, wallet_id FROM (
        SELECT DISTINCT ON (account_id, wallet_id) account_id, wallet_id, first FROM (
            (SELECT w.account_id, w.id AS wallet_id, next.id AS first {_READ} ORDER BY next.id LIMIT %(most)s)
            UNION ALL
            SELECT p.account_id, p.wallet_id, p.id {_REPRICED}) AS unread
        ORDER BY account_id, wallet_id, first) AS behind
    ORDER BY first LIMIT %(most)s
"""
_IS_BEHIND = f"""
    SELECT EXISTS (SELECT {_READ} AND next.recorded_at < %(moment)s)
        OR EXISTS (SELECT p.id {_REPRICED.replace("WHERE ", "WHERE (").rstrip()}) AND p.recorded_at < %(moment)s)
"""

# What is of one kind of entry is looked up for that kind alone. A transfer gives to the n-th grant that it made what it
# took from the n-th that it drew.
_ENTRIES = """
    SELECT e.account_id, asked.wallet_id, e.number,
           CASE WHEN e.kind = 'void' AND e.cause_kind IN ('hold', 'reversal') THEN 'lapse' ELSE e.kind END,
           e.amount, e.recorded_at, e.grant_id,
           coalesce(d.product_id, v.product_id, u.product_id), coalesce(d.id, v.debit_id, u.id),
           coalesce(g.kind, ''), coalesce(g.currency, ''), g.unit_cost, s.paid, s.currency,
           gave.account_id, gave.grant_id, e.repricing
    FROM unnest(%(accounts)s::uuid[], %(wallets)s::uuid[]) WITH ORDINALITY AS asked (account_id, wallet_id, place)
    LEFT JOIN billing_ledgerreading r ON r.account_id = asked.account_id AND r.wallet_id = asked.wallet_id
    CROSS JOIN LATERAL (
        (SELECT account_id, number, kind, amount, recorded_at, grant_id, overage_id, cause_kind, cause_id, id,
                NULL::uuid AS repricing
         FROM wallets_entry
         WHERE account_id = asked.account_id AND wallet_id = asked.wallet_id AND number > coalesce(r.last_number, 0)
         ORDER BY number LIMIT %(most)s)
        UNION ALL
        (SELECT account_id, after_number, 'reprice', 0, recorded_at, grant_id, NULL, '', NULL, NULL, id
         FROM billing_grantrepricing
         WHERE account_id = asked.account_id AND wallet_id = asked.wallet_id
           AND (r.last_repricing IS NULL OR id > r.last_repricing)
         ORDER BY id LIMIT %(most)s)
        ORDER BY number, repricing NULLS FIRST LIMIT %(most)s) AS e
    LEFT JOIN wallets_overage o ON o.id = e.overage_id AND o.account_id = e.account_id
    LEFT JOIN usage_debit d ON d.id = CASE e.cause_kind WHEN 'debit' THEN e.cause_id END AND d.account_id = e.account_id
    LEFT JOIN usage_reversal v
        ON v.id = CASE e.cause_kind WHEN 'reversal' THEN e.cause_id END AND v.account_id = e.account_id
    LEFT JOIN usage_debit u ON e.kind = 'repay' AND u.id = o.cause_id AND u.account_id = e.account_id
    LEFT JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
    LEFT JOIN billing_grantsale s
        ON s.grant_id = CASE e.kind WHEN 'grant' THEN e.grant_id END AND s.account_id = e.account_id
    LEFT JOIN LATERAL (
        SELECT taken.place FROM (
            SELECT id, row_number() OVER (ORDER BY number) AS place FROM wallets_entry
            WHERE e.kind = 'transfer_out' AND cause_id = e.cause_id AND kind = 'transfer_out') AS taken
        WHERE taken.id = e.id) AS took ON true
    LEFT JOIN LATERAL (
        SELECT account_id, grant_id FROM (
            SELECT account_id, grant_id, row_number() OVER (ORDER BY number) AS place FROM wallets_entry
            WHERE e.kind = 'transfer_out' AND cause_id = e.cause_id AND kind = 'transfer_in') AS given
        WHERE given.place = took.place) AS gave ON true
    ORDER BY asked.place, e.number, e.repricing NULLS FIRST
"""

_COSTS = f"""
    WITH line AS MATERIALIZED (
        SELECT row_number() OVER () AS place, d.id AS debit, d.tokens, d.occurred_at AS at, l.quantity,
               CASE WHEN l.cost IS NOT NULL THEN l.cost ELSE l.quantity * rate.cost END AS cost,
               CASE WHEN l.cost IS NOT NULL THEN l.cost_currency ELSE rate.cost_currency END AS currency,
               feature.code AS feature, l.dimensions ->> 'model' AS model, l.dimensions ->> 'provider' AS provider,
               l.dimensions ->> 'service_tier' AS tier
        FROM unnest(%(debits)s::uuid[]) AS asked (id)
        JOIN usage_debit d ON d.id = asked.id
        JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
        JOIN pricing_feature feature ON feature.id = l.feature_id
        LEFT JOIN pricing_rate rate ON rate.id = l.rate_id
        WHERE d.tokens > 0
    ), asked AS (SELECT * FROM line WHERE cost IS NULL AND model IS NOT NULL), listed AS (
        {COSTS_OF_ASKED.replace("%(moment)s", "asked.at")}
    )
    SELECT line.debit, line.tokens,
           coalesce(nullif(coalesce(line.currency, listed.currency), ''), %(reporting)s),
           sum(coalesce(line.cost, line.quantity * listed.cost))
    FROM line LEFT JOIN listed ON listed.place = line.place
    WHERE coalesce(line.cost, listed.cost) IS NOT NULL
    GROUP BY 1, 2, 3
"""
