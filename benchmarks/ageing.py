"""Makes a ledger old in minutes: each account's first debit, as the product wrote it, is repeated by plain SQL.

Every row that one debit writes is copied, with identities, numbers, instants and balances moved on, and wallet and
grant are brought to where as many debits would have brought them. The audit, which knows nothing of this, must find
it right.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

Connection = psycopg.Connection[tuple[object, ...]]
AT_ONCE = 2

# `made` holds an account, the number of the repetition and the identity of the debit that it makes.
MADE = """
    CREATE TEMPORARY TABLE made AS
    SELECT account.id AS account_id, k, uuidv7() AS debit_id, k * interval '1 millisecond' AS later
    FROM generate_series(1, %(times)s::int) AS k, bench.account AS account
    WHERE account.n %% %(parts)s::int = %(part)s::int ORDER BY k, account.n
"""
COPIES: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "usage_debit",
        "source.account_id = made.account_id",
        {
            "id": "made.debit_id",
            "key": "'again-' || made.k",
            "available_after": "source.available_after - made.k * source.tokens",
            "occurred_at": "source.occurred_at + made.later",
            "recorded_at": "source.recorded_at + made.later",
        },
    ),
    ("usage_debitline", "source.account_id = made.account_id", {"debit_id": "made.debit_id"}),
    (
        "usage_claim",
        "source.account_id = made.account_id AND source.effect = 'debit'",
        {
            "key": "'again-' || made.k",
            "effect_id": "made.debit_id",
            "recorded_at": "source.recorded_at + made.later",
        },
    ),
    (
        "wallets_entry",
        "source.account_id = made.account_id AND source.cause_kind = 'debit'",
        {
            "id": "uuidv7()",
            "number": "source.number + made.k",
            "balance_before": "source.balance_before - made.k * source.amount",
            "balance_after": "source.balance_after - made.k * source.amount",
            "cause_id": "made.debit_id",
            "recorded_at": "source.recorded_at + made.later",
        },
    ),
)
SETTLE = (
    """UPDATE wallets_wallet AS wallet SET balance = wallet.balance - %(times)s * entry.amount,
        last_number = wallet.last_number + %(times)s
    FROM first_entry AS entry WHERE entry.wallet_id = wallet.id AND entry.account_id = wallet.account_id""",
    """UPDATE wallets_grant AS tokens SET remaining = tokens.remaining - %(times)s * entry.amount,
        spent = tokens.spent + %(times)s * entry.amount
    FROM first_entry AS entry WHERE entry.grant_id = tokens.id AND entry.account_id = tokens.account_id""",
)


def repeat_debits(connect: Callable[[], Connection], *, accounts: int, times: int) -> None:
    """Repeat the one debit of each account so many times. As superuser: triggers of foreign keys rest meanwhile."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        parts = [threads.submit(_repeat, connect, part, times) for part in range(AT_ONCE)]
        for part in parts:
            part.result()


def _repeat(connect: Callable[[], Connection], part: int, times: int) -> None:
    with connect() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL work_mem = '256MB'")
        given: Mapping[str, int] = {"times": times, "parts": AT_ONCE, "part": part}
        connection.execute(MADE, given)
        connection.execute(
            """CREATE TEMPORARY TABLE first_entry AS SELECT entry.* FROM wallets_entry AS entry
            JOIN bench.account AS account ON account.id = entry.account_id
            WHERE entry.cause_kind = 'debit' AND account.n %% %(parts)s::int = %(part)s::int""",
            given,
        )
        connection.execute("ANALYZE made")
        for table, join, moved in COPIES:
            connection.execute(_copy(connection, table, join, moved))
        for statement in SETTLE:
            connection.execute(statement, given)


def _copy(connection: Connection, table: str, join: str, moved: Mapping[str, str]) -> str:
    """Insert each source row once for each repetition; columns that are not moved on are taken over."""
    columns = [
        str(name)
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
            [table],
        )
    ]
    values = ", ".join(moved.get(column, f'source."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    return f"""INSERT INTO {table} ({names}) SELECT {values}
        FROM made JOIN (SELECT * FROM {table} WHERE true) AS source ON {join} ORDER BY made.k"""
