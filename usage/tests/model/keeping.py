"""A hold as it stands: what it keeps of which grants, the room it keeps, and all that it remembers of its making."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from usage.tests.model.prices import OwnPrice

Counter = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""What counts units for tiers: month, feature, and the pattern and dimensions of the row."""


@dataclass
class Pin:
    """`tokens = captured + released + held`, of one grant."""

    grant: int
    tokens: Decimal
    held: Decimal
    captured: Decimal = Decimal(0)
    released: Decimal = Decimal(0)


@dataclass
class Hold:
    """Prices, policy and place in the month's count stay as they were when it was made.

    room: for overage, that it still keeps. limit: of its policy, None is without end. places: units counted before it.
    charged: units that its captures counted since.
    """

    number: int
    account: str
    product: str
    unit: str
    table: str
    version: int
    own_prices: list[tuple[datetime, datetime | None, OwnPrice]]
    limit: Decimal | None
    asked: tuple[object, ...]
    tokens: Decimal
    occurred_at: datetime
    created_at: datetime
    places: dict[Counter, Decimal]
    expires_at: datetime = datetime.max
    overage: Decimal = Decimal(0)
    room: Decimal = Decimal(0)
    state: str = "held"
    pins: list[Pin] = field(default_factory=list)
    charged: dict[Counter, Decimal] = field(default_factory=dict)
    captured: Decimal = Decimal(0)
    subject: dict[str, str] = field(default_factory=dict)

    @property
    def held(self) -> Decimal:
        return sum((pin.held for pin in self.pins), Decimal(0))

    def pin(self, grant: int, tokens: Decimal) -> None:
        self.pins.append(Pin(grant, tokens, tokens))

    def copy(self) -> Hold:
        return replace(self, pins=[replace(pin) for pin in self.pins], charged=dict(self.charged))
