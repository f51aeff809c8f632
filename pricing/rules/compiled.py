"""A rate as the hot path carries it: read once from an immutable version, then only looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

from config.kernel.amounts import plain

_EXACT = Context(prec=60, traps=[Inexact])
_SHOWN = Context(prec=60, rounding=ROUND_HALF_UP)
_SHOWN_PLACES = Decimal("1e-18")


@dataclass(frozen=True, slots=True)
class CompiledRate:
    """What pricing one line needs, and what its receipt names.

    tokens: price of `per` units. minimum: least tokens of a line that costs anything.
    unit_tokens: the price of one unit as text. cost: what one unit costs us; an empty currency is the reporting one.
    """

    rate_id: int
    version_id: int
    version_number: int
    table_code: str
    pattern: str
    dimensions: Mapping[str, str]
    tokens: Decimal
    per: Decimal
    minimum: Decimal
    rounding: str
    unit_tokens: str
    cost: Decimal | None
    cost_currency: str


def unit_price(tokens: Decimal, per: Decimal) -> str:
    """Write the price of one unit as text: exact where it ends, else to 18 decimals.

    For people to read; what is charged never goes through it.
    """
    try:
        return plain(_EXACT.divide(tokens, per))
    except Inexact:
        return plain(_SHOWN.divide(tokens, per).quantize(_SHOWN_PLACES, context=_SHOWN))
