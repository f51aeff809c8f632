"""Prices of one account's own: which holds at an instant, and what it makes of a rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from pricing.rules.matching import RateIndex
from pricing.rules.terms import PriceTerm, instead, times
from usage.rules.receipts import OwnPrice

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class OverrideFact:
    """One override as it stands in the books. tokens, per: of a fixed price. factor: of a multiple."""

    id: UUID
    feature: str
    dimensions: Mapping[str, str]
    kind: str
    tokens: Decimal | None
    per: Decimal | None
    factor: Decimal | None
    effective_from: datetime
    effective_until: datetime | None

    @property
    def key(self) -> Key:
        """What it is for: the latest of a key holds."""
        return self.feature, tuple(sorted(self.dimensions.items()))

    @property
    def told(self) -> OwnPrice:
        """As a receipt tells it."""
        return OwnPrice(self.id, self.kind, self.tokens, self.per, self.factor)

    def applied(self, term: PriceTerm) -> PriceTerm:
        """The term of a rate as this account pays it."""
        if self.kind == "fixed" and self.tokens is not None and self.per is not None:
            return instead(term, self.tokens, self.per)
        if self.kind == "multiplier" and self.factor is not None:
            return times(term, self.factor)
        return times(term, Decimal(0))


@dataclass(frozen=True, slots=True)
class LockFact:
    """One price lock as it stands in the books. version_id: None ends what was before it."""

    table_id: int
    version_id: int | None
    effective_from: datetime
    effective_until: datetime | None


def in_force(facts: Sequence[OverrideFact], moment: datetime) -> list[OverrideFact]:
    """The overrides that price usage of an instant. facts: in order of their starts, then of their recording."""
    latest: dict[Key, OverrideFact] = {}
    for fact in facts:
        if fact.effective_from <= moment:
            latest[fact.key] = fact
    return [
        fact
        for fact in latest.values()
        if fact.kind != "none" and (fact.effective_until is None or moment < fact.effective_until)
    ]


def index_of(facts: Iterable[OverrideFact]) -> RateIndex[OverrideFact]:
    """Overrides as they are looked up: by feature and dimensions, as rates are."""
    return RateIndex((fact.feature, fact.dimensions, fact) for fact in facts)


def locked(facts: Sequence[LockFact], table_id: int, moment: datetime) -> int | None:
    """The version of the table that the account stays on at an instant. facts: as of `in_force`."""
    latest: LockFact | None = None
    for fact in facts:
        if fact.table_id == table_id and fact.effective_from <= moment:
            latest = fact
    if latest is None or latest.effective_until is None or latest.effective_until <= moment:
        return None
    return latest.version_id


class Dated(Protocol):
    """What holds from an instant until another, or without end."""

    @property
    def effective_from(self) -> datetime: ...

    @property
    def effective_until(self) -> datetime | None: ...


def span(facts: Iterable[Dated], moment: datetime) -> tuple[datetime | None, datetime | None]:
    """The instants around `moment` between which none of these begins or ends."""
    instants = [each for fact in facts for each in (fact.effective_from, fact.effective_until) if each]
    before = [each for each in instants if each <= moment]
    after = [each for each in instants if each > moment]
    return max(before, default=None), min(after, default=None)
