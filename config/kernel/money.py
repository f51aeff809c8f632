"""Money as people read it: one way for every page, list and sentence."""

from __future__ import annotations

from decimal import Decimal

from config.kernel.amounts import EXACT, plain, with_minus

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


def in_places(amount: Decimal, currency: str) -> Decimal:
    """The exact amount with the digits of its currency's smallest unit, and more only where it has more."""
    own = len(plain(amount).partition(".")[2])
    return amount.quantize(Decimal(1).scaleb(-max(places_of(currency), own)), context=EXACT)


def in_currency(amount: Decimal, currency: str) -> str:
    """The exact amount and its currency, thousands apart: `1,234.50 EUR`.

    No fewer digits after the point than the currency has, and more where the amount has more.
    """
    return with_minus(f"{in_places(amount, currency):,f}") + f" {currency}".rstrip()
