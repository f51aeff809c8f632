"""A grant and its buckets, and its place in the draw order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from usage.tests.model.prices import covers

ZERO = Decimal(0)
WINDOW_BACK = timedelta(days=35)
"""How far back usage may be dated, and a grant may start."""
WINDOW_AHEAD = timedelta(minutes=5)
KINDS = ("purchase", "trial", "promo", "included", "adjustment")
REPAYING = ("purchase", "adjustment")


@dataclass
class Grant:
    """`tokens = remaining + spent + expired + voided`, always; `held` is part of `remaining`. Pays from its start."""

    number: int
    kind: str
    tokens: Decimal
    effective_at: datetime
    created_at: datetime
    expires_at: datetime | None = None
    priority: int = 50
    features: tuple[str, ...] = ()
    unit_cost: Decimal = ZERO
    remaining: Decimal = ZERO
    spent: Decimal = ZERO
    expired: Decimal = ZERO
    voided: Decimal = ZERO
    held: Decimal = ZERO
    is_pending: bool = True
    is_void: bool = False

    def covers(self, feature: str) -> bool:
        return not self.features or any(covers(pattern, feature) for pattern in self.features)

    def in_force(self, at: datetime) -> bool:
        return self.effective_at <= at and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    @property
    def free(self) -> Decimal:
        return self.remaining - self.held

    @property
    def drawable(self) -> Decimal:
        """What usage dated within its term may still take; what expired is lost to later usage only."""
        return self.free + self.expired

    def twin(self, number: int, tokens: Decimal, now: datetime) -> Grant:
        """The same promise for `tokens`, booked anew: what a transfer gives its target."""
        return Grant(
            number,
            self.kind,
            tokens,
            self.effective_at,
            now,
            self.expires_at,
            self.priority,
            self.features,
            self.unit_cost,
        )

    @property
    def rank(self) -> tuple[object, ...]:
        never = self.expires_at is None
        return (
            self.priority,
            not self.features,
            never,
            None if never else self.expires_at,
            self.unit_cost,
            self.effective_at,
            self.created_at,
            self.number,
        )
