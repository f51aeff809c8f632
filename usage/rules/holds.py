"""Holds: what is asked of them, and what a caller is told of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from usage.rules.orders import DebitOrder, Item
from usage.rules.receipts import Balance, Draw, Receipt, ReceiptLine

SECONDS = 900


@dataclass(frozen=True, slots=True)
class HoldOrder(DebitOrder):
    """Tokens to be held for usage as estimated, once per `key`. expires_in: seconds, 1 to 86,400."""

    expires_in: int = SECONDS


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """Usage to be charged to a hold, once per `key`. items: None is as estimated, none at all is a release.

    is_final: gives back what is left; else the rest stays held. now: null in production.
    """

    hold_id: UUID
    product_id: int
    api_key_id: int
    key: str
    fingerprint: bytes
    items: tuple[Item, ...] | None = None
    is_final: bool = True
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """A hold to be given back, once per `key`. product_id: whose key it is.

    is_capture: asked as a capture of nothing.
    """

    hold_id: UUID
    product_id: int
    key: str
    fingerprint: bytes
    reason: str = ""
    recorded_by: str = ""
    is_capture: bool = False
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldReceipt:
    """A hold as it stands, or stood after one of its verbs. The draws and `overage` make its tokens.

    held, overage_held: what it still keeps of them. captured: charged by its debits so far.
    balance: of its making alone. debit: of the capture that is answered.
    """

    id: UUID
    account: str
    token: str
    state: str
    tokens: Decimal
    lines: tuple[ReceiptLine, ...]
    draws: tuple[Draw, ...]
    overage: Decimal
    held: Decimal
    overage_held: Decimal
    captured: Decimal
    debits: tuple[UUID, ...]
    occurred_at: datetime
    expires_at: datetime
    recorded_at: datetime
    balance: Balance | None = None
    debit: Receipt | None = None
    is_replay: bool = False
