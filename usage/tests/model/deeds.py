"""What can happen in a history, a class each. Grants, debits and calls are named by a number modulo what there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from usage.tests.model.facts import Item
from usage.tests.model.ladders import Ladder
from usage.tests.model.prices import OwnPrice, Rate


@dataclass(frozen=True)
class GiveGrant:
    account: str
    unit: str
    kind: str
    tokens: Decimal
    starts: timedelta
    lasts: timedelta | None
    priority: int
    features: tuple[str, ...]
    unit_cost: Decimal | None


@dataclass(frozen=True)
class Near:
    """Close to one of the instants that decided something so far: a start, an expiry, a price, new terms."""

    instant: int
    by: timedelta


@dataclass(frozen=True)
class Spend:
    """`occurred`: none is now, a difference is from now."""

    account: str
    items: tuple[Item, ...]
    occurred: timedelta | Near | None
    product: str = "bot"
    subject: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AskPrice:
    account: str
    items: tuple[Item, ...]
    occurred: timedelta | Near | None
    subject: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Undo:
    """`share`: none is all that is left, otherwise hundredths of the debit, which may be more than is left."""

    debit: int
    share: int | None


@dataclass(frozen=True)
class HoldTokens:
    """`occurred`: as of usage."""

    account: str
    items: tuple[Item, ...]
    occurred: timedelta | Near | None
    lasts: timedelta
    subject: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Capture:
    """`share`: hundredths of each quantity of the estimate, 0 is nothing at all; none is as estimated.

    `items`: what is captured instead.
    """

    hold: int
    share: int | None
    items: tuple[Item, ...]
    is_final: bool


@dataclass(frozen=True)
class Release:
    hold: int


@dataclass(frozen=True)
class Extend:
    hold: int
    lasts: timedelta


@dataclass(frozen=True)
class TakeBack:
    grant: int


@dataclass(frozen=True)
class Prolong:
    """`lasts`: from now on; None is for ever."""

    grant: int
    lasts: timedelta | None


@dataclass(frozen=True)
class Move:
    source: str
    target: str
    unit: str
    tokens: Decimal


@dataclass(frozen=True)
class Sweep:
    account: str


@dataclass(frozen=True)
class Invoice:
    """Settle what the oldest `lots` lots of the account's wallet owe."""

    account: str
    unit: str
    lots: int


@dataclass(frozen=True)
class SetPolicy:
    """`policy`: none takes the account's own away."""

    account: str
    policy: Ladder | None


@dataclass(frozen=True)
class SetState:
    account: str
    state: str


@dataclass(frozen=True)
class SetTable:
    account: str
    table: str | None


@dataclass(frozen=True)
class ScheduleTable:
    """`starts`: from now on; one that is over is refused."""

    account: str
    table: str | None
    starts: timedelta


@dataclass(frozen=True)
class CallOff:
    """`terms`: of those scheduled that wait for their start, where any does and `waits`; else of all."""

    terms: int
    waits: bool


@dataclass(frozen=True)
class SetOwnPrice:
    """`starts`: from now on. `lasts`: None is without end."""

    account: str
    price: OwnPrice
    starts: timedelta
    lasts: timedelta | None


@dataclass(frozen=True)
class Keep:
    """Let the account stay on the version in force of its table; `lasts`: None lets it go."""

    account: str
    lasts: timedelta | None


@dataclass(frozen=True)
class Publish:
    table: str
    rates: tuple[Rate, ...]
    begins: timedelta | None


@dataclass(frozen=True)
class Withdraw:
    """`version`: of those that wait for their start, where any does and `waits`; else of all."""

    version: int
    waits: bool


@dataclass(frozen=True)
class SayAgain:
    """Send an earlier call once more: as it was, with another body, or its key with another verb."""

    call: int
    how: str


@dataclass(frozen=True)
class LookBack:
    account: str
    unit: str
    ago: timedelta


@dataclass(frozen=True)
class Report:
    """Usage that was, told afterwards. `again`: an earlier one once more, as it was, or with other content."""

    account: str
    item: Item
    occurred: timedelta | Near | None
    product: str = "bot"
    again: tuple[int, str] | None = None


@dataclass(frozen=True)
class RateEvents:
    """`asked`: whether those that are stuck are tried again."""

    asked: bool


@dataclass(frozen=True)
class Arrive:
    """A customer of whom events have told already."""

    account: str


@dataclass(frozen=True)
class Step:
    """`after`: none is at the next instant that something starts or ends."""

    after: timedelta | None
    deed: Any
