"""What other prices leave of what usage brings."""

from __future__ import annotations

from decimal import Context, Decimal

from billing.rules.margins import Worth

_WIDE = Context(prec=100)
_THOUSANDTH = Decimal("0.001")


def margin_of(tokens: Decimal, cost: Decimal, worth: Worth) -> Decimal | None:
    """1 − cost ÷ what the tokens bring, to a thousandth; None where they bring nothing, or nobody knows what.

    cost: of the same usage, in the currency of `worth`.
    """
    if worth.token is None or not tokens:
        return None
    brought = _WIDE.multiply(tokens, worth.token)
    if not brought:
        return None
    return (1 - _WIDE.divide(cost, brought)).quantize(_THOUSANDTH, context=_WIDE) + 0  # never −0.0


def width(amount: Decimal, of: Decimal) -> int:
    """The length of a bar, in hundredths of the longest; what is there at all is seen."""
    if amount <= 0 or of <= 0:
        return 0
    return max(1, int(_WIDE.divide(amount * 100, of)))
