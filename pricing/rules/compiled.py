"""A rate as the hot path carries it: read once from an immutable version, then only looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

from config.kernel.amounts import plain
from pricing.rules.formulas import Formula
from pricing.rules.rows import RateRow
from pricing.rules.seats import SeatTerms
from pricing.rules.terms import PriceTerm
from pricing.rules.tiers import Tier

_EXACT = Context(prec=60, traps=[Inexact])
_SHOWN = Context(prec=60, rounding=ROUND_HALF_UP)
_SHOWN_PLACES = Decimal("1e-18")


@dataclass(frozen=True, slots=True)
class CompiledRate:
    """What pricing one line needs, and what its receipt names.

    term: the price; of a formula it is computed line by line. minimum: least tokens of a line that costs anything.
    tiers: with the first, which begins at 0. unit_tokens: the price of one unit as text, where it is one.
    cost: what one unit costs us; an empty currency is the reporting one.
    seats: what it says of seats and time.
    """

    rate_id: int
    version_id: int
    version_number: int
    table_code: str
    pattern: str
    dimensions: Mapping[str, str]
    term: PriceTerm
    formula: Formula | None
    tiers: tuple[Tier, ...]
    minimum: Decimal
    rounding: str
    unit_tokens: str | None
    cost: Decimal | None
    cost_currency: str
    seats: SeatTerms = SeatTerms()


def price_of_one(row: RateRow) -> str | None:
    """The price of one unit as text; None where it changes with the quantity."""
    return None if row.tier_mode or row.formula else unit_price(row.tokens, row.per)


def unit_price(tokens: Decimal, per: Decimal) -> str:
    """Write the price of one unit as text: exact where it ends, else to 18 decimals.

    For people to read; what is charged never goes through it.
    """
    try:
        return plain(_EXACT.divide(tokens, per))
    except Inexact:
        return plain(_SHOWN.divide(tokens, per).quantize(_SHOWN_PLACES, context=_SHOWN))
