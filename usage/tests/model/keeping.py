"""A hold as it stands: what it keeps of which grants, the room it keeps, and all that it remembers of its making."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from usage.tests.model.ladders import Rulings
from usage.tests.model.prices import OwnPrice
from usage.tests.model.stock import Caps

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
    """Prices, policies and place in the month's count stay as they were when it was made.

    ruled: the policies. caps: how much they let be owed then. room: for overage, that it still keeps.
    places: units counted before it. charged: units that its captures counted since.
    """

    number: int
    account: str
    product: str
    unit: str
    table: str
    version: int
    own_prices: list[tuple[datetime, datetime | None, OwnPrice]]
    ruled: Rulings
    caps: Caps
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
    ended_at: datetime | None = None

    @property
    def held(self) -> Decimal:
        return sum((pin.held for pin in self.pins), Decimal(0))

    def pin(self, grant: int, tokens: Decimal) -> None:
        self.pins.append(Pin(grant, tokens, tokens))

    def is_open_at(self, at: datetime) -> bool:
        """Whether it kept what it keeps at that instant, whatever has become of it since."""
        return self.created_at <= at < self.expires_at and (self.ended_at is None or at < self.ended_at)

    def copy(self) -> Hold:
        return replace(self, pins=[replace(pin) for pin in self.pins], charged=dict(self.charged))


@dataclass
class Room:
    """What a hold keeps of a window of an allowance (units) or of a budget (tokens), until it has taken as much."""

    hold: Hold
    where: Hashable
    kept: Decimal

    def copy(self) -> Room:
        return Room(self.hold.copy(), self.where, self.kept)


class Rooms:
    """What all holds of an account keep of its allowances, or of its budgets."""

    def __init__(self, rooms: list[Room] | None = None) -> None:
        self._rooms = rooms or []

    def copy(self) -> Rooms:
        return Rooms([room.copy() for room in self._rooms])

    def keep(self, hold: Hold, where: Hashable, amount: Decimal) -> None:
        self._rooms.append(Room(hold, where, amount))

    def take(self, hold: Hold, where: Hashable, amount: Decimal) -> None:
        """The hold has taken so much itself: of its own room first."""
        for room in self._rooms:
            if room.hold.number == hold.number and room.where == where:
                taken = min(room.kept, amount)
                room.kept -= taken
                amount -= taken

    def of_others(self, hold: Hold | None, where: Hashable, at: datetime) -> Decimal:
        """What the holds that were open then keep there, but for this one."""
        number = hold.number if hold else None
        open_then = [r for r in self._rooms if r.where == where and r.hold.is_open_at(at)]
        return sum((room.kept for room in open_then if room.hold.number != number), Decimal(0))
