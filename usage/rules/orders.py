"""What a product asks to be charged for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OwnCost:
    """What usage says itself that it cost us, for its whole quantity: money, 0 or more, at most twelve decimals.

    currency: None is the reporting one.
    """

    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order. quantity: positive, at most nine decimals. cost: None where the usage says none."""

    feature: str
    quantity: Decimal
    dimensions: Mapping[str, str]
    cost: OwnCost | None = None


@dataclass(frozen=True, slots=True)
class DebitOrder:
    """A debit to be made once per `key`. occurred_at: None is now, by the database's clock.

    received_at: the door's clock, which only guesses which prices hold; the database checks the guess.
    now: null in production; tests and the loader of past traffic pass it.
    """

    account: str
    product_id: int
    api_key_id: int
    key: str
    fingerprint: bytes
    items: tuple[Item, ...]
    received_at: datetime
    occurred_at: datetime | None = None
    subject: Mapping[str, object] | None = None
    metadata: Mapping[str, object] | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuoteOrder:
    """A debit to be priced and judged, and not made. version: a number of the account's table, drafts included."""

    account: str
    product_id: int
    items: tuple[Item, ...]
    received_at: datetime
    occurred_at: datetime | None = None
    subject: Mapping[str, object] | None = None
    version: int | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """Tokens of a debit to be given back once per `key`. tokens: None is all that is left."""

    debit_id: UUID
    product_id: int
    key: str
    fingerprint: bytes
    tokens: Decimal | None
    reason: str = ""
    recorded_by: str = ""
    now: datetime | None = None
