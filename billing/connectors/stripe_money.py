"""Amounts as Stripe writes them: whole numbers of a currency's smallest unit, by its own list of currencies."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from config.kernel.amounts import EXACT

_CODES = {
    "whole": "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
    "thousandths": "BHD JOD KWD OMR TND",
    "whole in hundredths": "ISK UGX",
}
_WHOLE, _THOUSANDTHS, _WHOLE_IN_HUNDREDTHS = (frozenset(codes.split()) for codes in _CODES.values())
"""Currencies without cents, those with three digits after the point, and those that have no cents any more: Stripe goes
on to write the last with two digits, which are zeros."""


def places(currency: str) -> int:
    """Digits after the point in Stripe's smallest unit; not always those of ISO 4217."""
    if currency in _WHOLE:
        return 0
    return 3 if currency in _THOUSANDTHS else 2


def from_units(units: int | Decimal, currency: str) -> Decimal:
    """What Stripe's units come to, exactly. currency: in capitals."""
    return EXACT.scaleb(Decimal(units), -places(currency))


def to_units(amount: Decimal, currency: str) -> int:
    """The amount in Stripe's units, a half upwards, by what can be charged.

    That is ten thousandths of a dinar, and whole krónur and shillings.
    """
    step = 10 if currency in _THOUSANDTHS else 100 if currency in _WHOLE_IN_HUNDREDTHS else 1
    steps = EXACT.divide(EXACT.scaleb(amount, places(currency)), Decimal(step))
    return int(steps.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT)) * step


def parts(units: int, shares: Sequence[int], whole: int) -> list[int]:
    """Units shared out by parts of a whole, one after the other, so that they add up: a half goes to the earlier.

    The whole is above 0.
    """
    found, before, reached = [], 0, 0
    for share in shares:
        reached += share
        after = (2 * units * reached + whole) // (2 * whole)
        found.append(after - before)
        before = after
    return found
