"""Re-ratings: charging recorded usage anew, debit by debit, each in the other's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

WHY_LEFT: Mapping[str, str] = {
    "no_rate": "the prices have no rate for it",
    "other_token": "the prices are in another token",
    "stays": "its account stays on a version",
    "unknown": "its product, feature or currency is not there any more",
    "replaced": "another re-rating charged it anew",
    "given_back": "nothing is left of it",
    "seat": "it is of a seat, which its checkout goes by",
    "invoiced": "a final invoice carries overage of it",
    "opens": "it opened features, from its day on",
    "held": "the hold that it captured is open",
    "held_tiers": "it captured a hold, and tiers count it",
    "grace": "giving it back would end a grace",
    "out_of_range": "it would come to too many digits",
}
"""Why a debit stays as it is, by the word that is kept."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Which debits: of usage that occurred between two instants, half-open, recorded before `horizon`.

    table_id, product_id, account_id, feature_id: None is every one. Of several items one of the feature is enough.
    """

    since: datetime
    until: datetime
    horizon: datetime
    table_id: int | None = None
    product_id: int | None = None
    account_id: UUID | None = None
    feature_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a debit stands: by its account, and by when the usage was first charged.

    debit: which charges it now. root: which did first. restores: as which it is charged again, if it is taken back.
    """

    account: UUID
    at: datetime
    root: UUID
    debit: UUID
    restores: UUID | None = None

    def as_json(self) -> list[str]:
        """As a re-rating keeps where it stands."""
        return [str(self.account), self.at.isoformat(), str(self.root)]


@dataclass(frozen=True, slots=True)
class After:
    """Behind which debit the next slice begins."""

    account: UUID
    at: datetime
    root: UUID

    @classmethod
    def from_json(cls, kept: Sequence[str] | None) -> After | None:
        """As the re-rating kept it."""
        return cls(UUID(kept[0]), datetime.fromisoformat(kept[1]), UUID(kept[2])) if kept else None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a debit, or would. word: same, differs, corrected, left.

    reason: why it is left. charges: tokens of its lines at the other prices. moves: of units that months count.
    """

    word: str
    reason: str = ""
    charges: tuple[Decimal, ...] = ()
    moves: tuple[Mapping[str, Any], ...] = ()


def key_of(rerating_id: int, debit_id: UUID) -> str:
    """The idempotency key of what a re-rating charges in a debit's place: once, however often it is tried.

    No caller can choose such a key.
    """
    return f"rerating {rerating_id} {debit_id}"


def fingerprint_of(key: str) -> str:
    """Of the claim: the key names one debit, which never changes."""
    return sha256(key.encode()).hexdigest()


def carried(before: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a dry run has moved in the months of an account, and the next slice has to know; of one account."""
    sums: dict[tuple[str, ...], Decimal] = {}
    seen: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for move in (*before, *moves):
        counter = (
            move["month"],
            str(move["feature_id"]),
            move["pattern"],
            str(sorted(move["dimensions"].items())),
        )
        sums[counter] = sums.get(counter, Decimal(0)) + Decimal(move["units"])
        seen[counter] = move
    return [{**seen[counter], "units": str(units)} for counter, units in sums.items() if units]
