"""Statements of a wallet that has moved for years."""

from __future__ import annotations

from typing import Any

from django.db import connection

from billing.queries.statements import _BALANCES, months_of
from usage.tests.made import DAY, Shop, a_grant, clock
from wallets.models import Wallet


def test_months_are_found_in_as_many_steps_however_long_the_ledger_is(owner_db: None) -> None:
    shop, now = Shop(since=clock() - 100 * DAY), clock()
    account = shop.an_account(now - 735 * DAY)
    a_grant(account, "100", now=now - 734 * DAY)
    wallet = Wallet.objects.get(account=account)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'wallets_entry'::regclass"
            " AND attnum > 0 AND NOT attisdropped"
        )
        names = [name for (name,) in cursor.fetchall()]
        new = {
            "id": "uuidv7()",
            "number": "1 + n",
            "recorded_at": "e.recorded_at + n * interval '30 minutes'",
        }
        cursor.execute(
            f"""INSERT INTO wallets_entry ({", ".join(names)})
                SELECT {", ".join(new.get(name, f"e.{name}") for name in names)}
                FROM wallets_entry e, generate_series(1, 30000) AS n WHERE e.wallet_id = %s""",
            [wallet.pk],
        )
        cursor.execute("UPDATE wallets_wallet SET last_number = 30001 WHERE id = %s", [wallet.pk])
        asked = {
            "account": account.pk,
            "wallet": wallet.pk,
            "moments": [now - n * 30 * DAY for n in range(24)],
        }
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {_BALANCES}", asked)
        (told,) = cursor.fetchone()

    def rows(node: dict[str, Any]) -> float:
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        return float(own) + sum(rows(each) for each in node.get("Plans", []))

    assert rows(told[0]["Plan"]) < 24 * 16 * 10
    assert len(months_of(wallet, now)) == 25
