"""A million ledger entries, written by the owner in sets: ten thousand customers who debit two grants by two lines."""

from __future__ import annotations

from typing import Any

from psycopg import ClientCursor

from usage.tests.made import DAY, Shop, clock

STATEMENTS = (
    """CREATE TEMP TABLE customer AS
       SELECT n, uuidv7() AS id, uuidv7() AS wallet, uuidv7() AS chat, uuidv7() AS rest
       FROM generate_series(1, %(accounts)s) AS n""",
    """CREATE TEMP TABLE charge AS
       SELECT uuidv7() AS id, i, c.id AS account, wallet, chat, rest, %(since)s + i * %(every)s::interval AS at
       FROM generate_series(1, %(debits)s) AS i, customer c""",
    """INSERT INTO wallets_account (id, reference, name, state, time_zone, external_ids, created_at)
       SELECT id, 'many-' || id, '', 'active', 'UTC', '{}', %(since)s FROM customer""",
    """INSERT INTO usage_terms (id, account_id, table_id, recorded_at, set_by, reason)
       SELECT uuidv7(), id, %(table)s, %(since)s, '', '' FROM customer""",
    """INSERT INTO wallets_wallet (id, account_id, unit_id, balance, held, overage, overage_held, last_number, floor, starts, stocked)
       SELECT wallet, id, %(unit)s, 3, 0, 0, 0, 2 + 2 * %(debits)s, 0, 2, 3 * %(debits)s + 3 FROM customer""",
    """INSERT INTO wallets_grant (id, account_id, wallet_id, kind, tokens, remaining, held, spent, expired, voided, effective_at,
           priority, features, currency, draw_cost, reason, is_open, is_pending, created_at, created_by)
       SELECT chat, id, wallet, 'trial', %(debits)s + 1, 1, 0, %(debits)s, 0, 0, %(since)s,
           10, ARRAY[%(chat)s], '', 0, '', true, false, %(since)s, '' FROM customer
       UNION ALL
       SELECT rest, id, wallet, 'trial', 2 * %(debits)s + 2, 2, 0, 2 * %(debits)s, 0, 0, %(since)s,
           50, '{}', '', 0, '', true, false, %(since)s, '' FROM customer""",
    """INSERT INTO wallets_entry (account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after,
           grant_id, cause_kind, cause_id, recorded_at)
       SELECT id, wallet, 1, 'grant', %(debits)s + 1, 0, %(debits)s + 1, 0, chat, 'grant', chat, %(since)s FROM customer
       UNION ALL
       SELECT id, wallet, 2, 'grant', 2 * %(debits)s + 2, %(debits)s + 1, 3 * %(debits)s + 3, 0, rest, 'grant', rest, %(since)s
       FROM customer""",
    """INSERT INTO usage_debit (id, account_id, wallet_id, product_id, key, api_key_id, table_id, version_id, unit_id, epoch, outcome,
           tokens, overage, available_after, held_after, overage_after, notices, occurred_at, recorded_at)
       SELECT id, account, wallet, %(product)s, 'many-' || i, %(key)s, %(table)s, %(version)s, %(unit)s, 1, 'charged',
           3, 0, 3 * (%(debits)s + 1 - i), 0, 0, '{}', at, at FROM charge""",
    """INSERT INTO usage_debitline (debit_id, account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions)
       SELECT charge.id, account, line.position, f.id, line.position, 0, line.position, r.id, '{"model": "any"}'
       FROM charge, (VALUES (1, %(chat)s), (2, %(image)s)) AS line (position, code)
       JOIN pricing_feature f ON f.code = line.code
       JOIN pricing_rate r ON r.feature = line.code AND r.version_id = %(version)s""",
    """INSERT INTO wallets_entry (account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after, floor,
           grant_id, cause_kind, cause_id, recorded_at)
       SELECT account, wallet, 2 * i + part, 'draw', part, before - (part - 1), before - (part - 1) - part, 0, 0,
           CASE part WHEN 1 THEN chat ELSE rest END, 'debit', id, at
       FROM (SELECT *, 3 * (%(debits)s + 2 - i) AS before FROM charge) AS charge, generate_series(1, 2) AS part""",
    """INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
       SELECT account, %(product)s, 'many-' || i, '\\x00', 'debit', id, at FROM charge""",
    "ANALYZE",
)


def write_many(owner: Any, *, accounts: int, debits: int, every: str = "10 minutes") -> int:
    """Write so many debits for each of so many customers; answers the number of entries.

    every: how much later the next debit of a customer is; the first are of thirty days ago.
    """
    since = clock() - 30 * DAY
    shop = Shop(since=since)
    given = {
        "accounts": accounts,
        "debits": debits,
        "every": every,
        "since": since,
        "table": shop.table.pk,
        "version": shop.table.versions.get().pk,
        "product": shop.product.pk,
        "key": shop.key.pk,
        "chat": shop.chat,
        "image": shop.image,
    }
    unit = owner.execute("SELECT id FROM wallets_tokenunit WHERE code = 'AIT'").fetchone()[0]
    with owner.transaction(), ClientCursor(owner) as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, {**given, "unit": unit})
    return accounts * (2 + 2 * debits)
