"""The books of one wallet as the database has them, in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BOOKS = """
SELECT w.balance::text, w.overage::text,
    (SELECT json_agg(json_build_array(
        id, kind, tokens::text, remaining::text, spent::text, expired::text, voided::text, held::text,
        (extract(epoch FROM effective_at) * 1000000)::bigint, (extract(epoch FROM expires_at) * 1000000)::bigint
     ) ORDER BY created_at, id) FROM wallets_grant WHERE wallet_id = w.id),
    (SELECT json_agg(json_build_array(feature, tokens::text, repaid::text, reversed::text) ORDER BY created_at, id)
     FROM wallets_overage WHERE wallet_id = w.id),
    (SELECT json_agg(json_build_array(
        grant_id, number, kind, amount::text, balance_before::text, balance_after::text, overage_after::text
     ) ORDER BY number) FROM wallets_entry WHERE wallet_id = w.id),
    (SELECT json_agg(json_build_array(
        state, tokens::text, held::text, overage::text, overage_held::text,
        (extract(epoch FROM expires_at) * 1000000)::bigint,
        (SELECT json_agg(
             json_build_array(grant_id, tokens::text, held::text, captured::text, released::text) ORDER BY position)
         FROM wallets_pin p WHERE p.hold_id = h.id)
     ) ORDER BY created_at, id) FROM wallets_hold h WHERE wallet_id = w.id)
FROM wallets_wallet w WHERE w.account_id = %s AND w.unit_id = %s
"""


def rows(statement: str, *given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        found: list[Any] = cursor.fetchall()
        return found


def books(account: UUID, unit: int, numbers: Sequence[int]) -> tuple[dict[str, Any], dict[int, UUID]]:
    """What stands in the books, and the identity of each of the model's grants.

    numbers: of the model's grants in this wallet, in the order of their making.
    """
    with connection.cursor() as cursor:
        cursor.execute(BOOKS, [account, unit])
        balance, overage, grants, lots, entries, holds = cursor.fetchone() or ("0", "0", *[None] * 4)
    known = dict(zip((line[0] for line in grants or ()), numbers, strict=False))
    told = {
        "balance": Decimal(balance),
        "overage": Decimal(overage),
        "grants": [
            (known.get(pk), kind, *map(Decimal, amounts), _instant(starts), _instant(ends))
            for pk, kind, *amounts, starts, ends in grants or ()
        ],
        "holds": [
            (
                *(state, *map(Decimal, amounts), _instant(ends)),
                [(known.get(pk), *map(Decimal, pinned)) for pk, *pinned in pins or ()],
            )
            for state, *amounts, ends, pins in holds or ()
        ],
        "lots": [(feature, *map(Decimal, amounts)) for feature, *amounts in lots or ()],
        "entries": [
            (number, kind, *map(Decimal, amounts), known.get(pk))
            for pk, number, kind, *amounts in entries or ()
        ],
    }
    return told, {number: UUID(pk) for pk, number in known.items()}


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
