"""How many decimals an amount of money has, by ISO 4217."""

from __future__ import annotations

_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_PLACES = {code: places for places, codes in _PLACES.items() for code in codes.split()}


def minor_places(currency: str) -> int:
    """Decimals of the smallest amount of a currency: 2 of EUR, 0 of JPY, 3 of KWD."""
    return MINOR_PLACES.get(currency, 2)
