"""Money as it is asked for: rounded once, half up, to the smallest unit of its currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from config.kernel.amounts import EXACT

_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
OTHER_PLACES = {code: places for places, codes in _CODES.items() for code in codes.split()}
"""ISO 4217: currencies whose smallest unit is no hundredth."""


def places_of(currency: str) -> int:
    """Digits after the point of the currency's smallest unit: 2 of EUR, 0 of JPY, 3 of KWD."""
    return OTHER_PLACES.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount in whole smallest units, a half upwards."""
    return amount.quantize(Decimal(1).scaleb(-places_of(currency)), rounding=ROUND_HALF_UP, context=EXACT)


def priced(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """What so much comes to, rounded once."""
    return rounded(EXACT.multiply(quantity, unit_price), currency)


def digits(amount: Decimal, currency: str) -> str:
    """The amount with all its digits, thousands apart: `1,234.50` of EUR."""
    return f"{amount:,.{places_of(currency)}f}".replace("-", "−")


def written(amount: Decimal, currency: str) -> str:
    """The amount with all its digits, thousands apart, and the currency: `1,234.50 EUR`."""
    return f"{digits(amount, currency)} {currency}"
