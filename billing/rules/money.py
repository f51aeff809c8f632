"""Money as it is asked for: rounded once, half up, to the smallest unit of its currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from config.kernel.amounts import EXACT, with_minus
from config.kernel.money import OTHER_PLACES as OTHER_PLACES
from config.kernel.money import places_of as places_of


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole smallest units, a half upwards."""
    return amount.quantize(Decimal(1).scaleb(-places_of(currency)), rounding=ROUND_HALF_UP, context=EXACT)


def priced(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What so much comes to, rounded once."""
    return rounded(EXACT.multiply(quantity, unit_price), currency)


def digits(amount: Decimal, currency: str) -> str:
    """The amount with all its digits, thousands apart: `1,234.50` of EUR."""
    return with_minus(f"{amount:,.{places_of(currency)}f}")


def written(amount: Decimal, currency: str) -> str:
    """The amount with all its digits, thousands apart, and the currency: `1,234.50 EUR`."""
    return f"{digits(amount, currency)} {currency}"
