"""What a caller is told of a charge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pricing.rules.compiled import unit_price
from pricing.rules.terms import PriceTerm
from usage.rules.orders import OwnCost


@dataclass(frozen=True, slots=True)
class TierShare:
    """The units of a line that one tier priced. unit_tokens: the price of one of them, as text."""

    tier_from: Decimal
    quantity: Decimal
    unit_tokens: str


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """The override by which an account paid a line.

    tokens, per: of a fixed price. factor: of a multiple of the rate.
    """

    id: UUID
    kind: str
    tokens: Decimal | None
    per: Decimal | None
    factor: Decimal | None


def unit_tokens(term: PriceTerm, formula: str) -> str | None:
    """What one unit costs by a term, as text; None where it depends on the quantity."""
    return None if term.mode or formula else unit_price(term.prices[0], term.per)


def shares(term: PriceTerm, units: Iterable[tuple[Decimal, Decimal]] | None) -> tuple[TierShare, ...] | None:
    """What each tier of a term priced, by the units that fell into it; None where nothing was counted."""
    if units is None:
        return None
    pers = term.packs if term.mode == "package" else (term.per,) * len(term.bounds)
    prices = {
        bound: unit_price(price, per)
        for bound, price, per in zip(term.bounds, term.prices, pers, strict=True)
    }
    return tuple(TierShare(tier_from, quantity, prices[tier_from]) for tier_from, quantity in units)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One item as charged. unit_tokens: the price of one unit, as text; None where tiers or a formula priced it.

    cost: what the usage said that it cost us, with the code of its currency; None where it said nothing.
    """

    feature: str
    quantity: Decimal
    covered_quantity: Decimal
    tokens: Decimal
    table: str
    version: int
    unit_tokens: str | None
    tiers: tuple[TierShare, ...] | None = None
    formula: str = ""
    own: OwnPrice | None = None
    cost: OwnCost | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """What one grant paid, or got back."""

    grant: UUID
    kind: str
    tokens: Decimal


def merged(draws: Iterable[Draw]) -> tuple[Draw, ...]:
    """One draw a grant, in the order of the first of each: one may pay from what remains and what expired."""
    found: dict[UUID, Draw] = {}
    for draw in draws:
        before = found.get(draw.grant)
        tokens = draw.tokens + before.tokens if before else draw.tokens
        found[draw.grant] = Draw(draw.grant, draw.kind, tokens)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Balance:
    """Tokens of a wallet after a movement."""

    available: Decimal
    held: Decimal
    overage: Decimal


@dataclass(frozen=True, slots=True)
class Receipt:
    """A debit as answered. is_replay: the key had been used for this body before, and this is the first answer.

    hold: of a capture, the hold it was charged to.
    is_beyond_policy: of usage that was reported when it was over, and of which policy would have refused some.
    """

    id: UUID
    account: str
    token: str
    outcome: str
    tokens: Decimal
    lines: tuple[ReceiptLine, ...]
    draws: tuple[Draw, ...]
    overage: Decimal
    balance: Balance
    notices: tuple[str, ...]
    occurred_at: datetime
    recorded_at: datetime
    is_replay: bool = False
    is_beyond_policy: bool = False
    hold: UUID | None = None


@dataclass(frozen=True, slots=True)
class Quotation:
    """What a debit would come to. refusal: the outcome word of the refusal, None where it is allowed."""

    account: str
    token: str
    outcome: str
    tokens: Decimal
    lines: tuple[ReceiptLine, ...]
    draws: tuple[Draw, ...]
    overage: Decimal
    balance: Balance
    occurred_at: datetime
    refusal: str | None
    figures: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ReversalReceipt:
    """A reversal as answered; restored + lapsed + overage = tokens. draws: what each grant got back, in that order."""

    id: UUID
    debit: UUID
    tokens: Decimal
    restored: Decimal
    lapsed: Decimal
    overage: Decimal
    draws: tuple[Draw, ...]
    balance: Balance
    is_replay: bool = False
