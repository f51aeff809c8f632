"""Holds as callers are answered. `usage.api.shown` makes them."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from usage.api.answered import Answered, Id, TokenText
from usage.api.answers import BalanceAfter, ChargedItem, Debit, Draw


class Hold(Answered, omit_defaults=True, kw_only=True):
    """Tokens kept for work under way. `draws`, what it pinned of which grants, and `overage`, room beyond them,
    make its `tokens`, as estimated in `items`. `held` and `overage_held` are what it still keeps of them, `captured`
    is what its `debits` charged. balance: of its making alone.
    """

    id: Id
    account: str
    token: str
    state: Literal["held", "captured", "released", "expired"]
    tokens: TokenText
    items: list[ChargedItem]
    draws: list[Draw]
    overage: TokenText
    held: TokenText
    overage_held: TokenText
    captured: TokenText
    debits: list[Id]
    occurred_at: datetime
    expires_at: datetime
    recorded_at: datetime
    balance: BalanceAfter | UnsetType = UNSET


class Capture(Hold, omit_defaults=True, kw_only=True):
    """The hold after a capture, with the debit that it made; null where nothing was charged."""

    debit: Debit | None
