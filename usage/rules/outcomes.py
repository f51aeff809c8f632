"""What the functions in `usage/sql` answer, as they spell it in JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec


class Drawn(msgspec.Struct, frozen=True):
    """What one grant pays; twice where both what remains of it and what expired pay."""

    grant_id: UUID
    kind: str
    tokens: Decimal


class Assessed(msgspec.Struct, frozen=True):
    """A priced request: tokens of each line, who pays, and the balance after it.

    tiers: of each line, where any has tiers: pairs of tier_from and the units that fell into it.
    covered: units of each line that allowances cover, where any may.
    """

    tokens: Decimal
    overage: Decimal
    charges: list[Decimal]
    draws: list[Drawn]
    available: Decimal
    held: Decimal
    owed: Decimal
    occurred_at: datetime
    tiers: list[list[tuple[Decimal, Decimal]] | None] | None = None
    covered: list[Decimal] | None = None


class Charged(Assessed, frozen=True, kw_only=True):
    """A debit as written."""

    id: UUID
    notices: list[str]
    recorded_at: datetime


class Quoted(Assessed, frozen=True, kw_only=True):
    """A debit as it would be. figures: of the refusal it would meet."""

    figures: dict[str, Any] | None
