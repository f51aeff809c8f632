"""The books of one wallet, and those of an account's policies, as the database has them: in one statement each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from usage.models.bucket import SCALE
from usage.tests.model.facts import Noted
from usage.tests.model.telling import told_figures

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

BOOKS = """
SELECT w.balance::text, w.overage::text,
    (SELECT json_agg(json_build_array(
        id, kind, tokens::text, remaining::text, spent::text, expired::text, voided::text, held::text,
        (extract(epoch FROM effective_at) * 1000000)::bigint, (extract(epoch FROM expires_at) * 1000000)::bigint
     ) ORDER BY created_at, id) FROM wallets_grant WHERE wallet_id = w.id),
    (SELECT json_agg(json_build_array(
        feature, tokens::text, repaid::text, reversed::text, settled::text) ORDER BY created_at, id)
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


LADDERS = """
SELECT
    (SELECT json_agg(json_build_array(kind, name, (extract(epoch FROM recorded_at) * 1000000)::bigint, debit_id))
     FROM usage_crossing WHERE account_id = %(account)s),
    (SELECT json_agg(json_build_array(code, level::text, (extract(epoch FROM taken_at) * 1000000)::bigint))
     FROM usage_bucket WHERE account_id = %(account)s),
    (SELECT json_agg(json_build_array(
        debit_id, overdrawn_from, purchases, (extract(epoch FROM started_at) * 1000000)::bigint,
        (extract(epoch FROM ends_at) * 1000000)::bigint, reached::text, ended_by,
        (extract(epoch FROM ended_at) * 1000000)::bigint))
     FROM usage_grace WHERE account_id = %(account)s),
    (SELECT json_agg(json_build_array(reason, count, figures)) FROM usage_denial WHERE account_id = %(account)s)
"""


def rows(statement: str, *given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given or None)
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


def ladders(account: UUID, numbers: Mapping[UUID, int]) -> dict[str, Any]:
    """What was noted of an account, what its buckets have left, its graces, and its denials.

    numbers: of the model, of each debit.
    """
    with connection.cursor() as cursor:
        cursor.execute(LADDERS, {"account": account})
        noted, buckets, graces, denials = cursor.fetchone()
    known = {None: None, **{str(pk): number for pk, number in numbers.items()}}
    return {
        "noted": [Noted(kind, name, instant(at), known[debit]) for kind, name, at, debit in noted or ()],
        "buckets": {code: (Fraction(level) / SCALE, instant(at)) for code, level, at in buckets or ()},
        "graces": [
            (
                *(known[debit], entry, purchases, instant(starts), _instant(ends), Decimal(reached or 0)),
                (by, _instant(ended)) if by else None,
            )
            for debit, entry, purchases, starts, ends, reached, by, ended in graces or ()
        ],
        "denials": [(reason, count, told_figures(figures)) for reason, count, figures in denials or ()],
    }


def instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else instant(microseconds)
