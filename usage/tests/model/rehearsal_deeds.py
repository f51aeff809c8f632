"""What happens in a story that is rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from usage.tests.model.facts import Item
from usage.tests.model.prices import OwnPrice


@dataclass(frozen=True)
class Spend:
    account: str
    items: tuple[Item, ...]
    occurred_at: datetime


@dataclass(frozen=True)
class GiveBack:
    """spend: its place in the story. share: of its tokens in a hundred; None gives back all that is left."""

    spend: int
    share: int | None


@dataclass(frozen=True)
class Move:
    """Pay by a table, from an instant on; one that cannot be is refused. begins: None is now."""

    account: str
    table: str
    begins: datetime | None


@dataclass(frozen=True)
class CallOff:
    """Take back the next move of the account that has not begun, if there is one."""

    account: str


@dataclass(frozen=True)
class SetOwn:
    account: str
    price: OwnPrice
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True)
class Keep:
    """Stay on the version that is live; until: None lets it go."""

    account: str
    until: datetime | None


Deed = Spend | GiveBack | Move | CallOff | SetOwn | Keep
