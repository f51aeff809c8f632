"""What a re-rating tells: the lines that would change, and the debits that stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import connection

from usage.queries.rerating import Used
from usage.rules.rerating import Change

Key = tuple[UUID, int]


@dataclass(slots=True)
class Found:
    """What a slice came to. sums: by account and feature, lines, quantity, tokens before and after of what changes."""

    sums: dict[Key, list[Decimal]] = field(default_factory=dict)
    left: dict[tuple[UUID, str], list[Decimal]] = field(default_factory=dict)

    def add(self, debit: Used, change: Change) -> None:
        account = debit.place.account
        if change.word == "left":
            sums = self.left.setdefault((account, change.reason), [Decimal(0)] * 2)
            sums[0] += 1
            sums[1] += debit.debit.tokens
        elif change.word == "differs":
            for line, tokens in zip(debit.lines, change.charges, strict=True):
                row = self.sums.setdefault((account, line.feature_id), [Decimal(0)] * 4)
                for place, amount in enumerate((Decimal(1), line.quantity, line.tokens, tokens)):
                    row[place] += amount


def write(rerating_id: int, turn: str, found: Found) -> None:
    """Add what a slice came to to what the re-rating tells. turn: of `ReratingLeft`; sums are a dry run's."""
    with connection.cursor() as cursor:
        if found.sums:
            rows = [(*key, *sums) for key, sums in found.sums.items()]
            cursor.execute(_ADD_LINES, [rerating_id, *map(list, zip(*rows, strict=True))])
        if found.left:
            rows_left = [(*key, *sums) for key, sums in found.left.items()]
            cursor.execute(_ADD_LEFT, [rerating_id, turn, *map(list, zip(*rows_left, strict=True))])


_ADD_LINES = """
    INSERT INTO usage_reratingline AS line (
        rerating_id, account_id, feature_id, lines, quantity, tokens_before, tokens_after)
    SELECT %s, * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[])
    ON CONFLICT (rerating_id, account_id, feature_id) DO UPDATE
    SET lines = line.lines + EXCLUDED.lines, quantity = line.quantity + EXCLUDED.quantity,
        tokens_before = line.tokens_before + EXCLUDED.tokens_before,
        tokens_after = line.tokens_after + EXCLUDED.tokens_after
"""
_ADD_LEFT = """
    INSERT INTO usage_reratingleft AS row (rerating_id, turn, account_id, reason, debits, tokens)
    SELECT %s, %s, * FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::numeric[])
    ON CONFLICT (rerating_id, account_id, turn, reason) DO UPDATE
    SET debits = row.debits + EXCLUDED.debits, tokens = row.tokens + EXCLUDED.tokens
"""
