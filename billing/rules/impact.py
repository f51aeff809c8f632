"""What other prices leave of what usage brings."""

from __future__ import annotations

from decimal import Decimal

from billing.rules.margins import Worth
from config.kernel.amounts import EXACT

_THOUSANDTH = Decimal("0.001")


def margin_of(tokens: Decimal, cost: Decimal, worth: Worth) -> Decimal | None:
    """1 − cost ÷ what the tokens bring, to a thousandth; None where they bring nothing, or nobody knows what.

    cost: of the same usage, in the currency of `worth`.
    """
    if worth.token is None or not tokens:
        return None
    brought = EXACT.multiply(tokens, worth.token)
    if not brought:
        return None
    return (1 - EXACT.divide(cost, brought)).quantize(_THOUSANDTH, context=EXACT) + 0  # never −0.0


def width(amount: Decimal, of: Decimal) -> int:
    """The length of a bar, in hundredths of the longest; what is there at all is seen."""
    if amount <= 0 or of <= 0:
        return 0
    return max(1, int(EXACT.divide(amount * 100, of)))
