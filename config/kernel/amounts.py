"""Amounts: exact decimals, read from ASCII text and written without exponents."""

import re
from decimal import Context, Decimal

TOKEN_PLACES = 6
QUANTITY_PLACES = 9
MONEY_PLACES = 12
COST_PLACES = 20
DIGITS_BEFORE_THE_POINT = 18

EXACT = Context(prec=120)
"""Enough for a product of any two amounts that the columns hold, and far beyond what a quotient is rounded to."""

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)


def exact(text: str, *, places: int, before: int = DIGITS_BEFORE_THE_POINT) -> Decimal:
    """The number that `text` spells, in the grammar of JSON numbers.

    places: digits that may stand after the point; zeros beyond them are dropped, anything else is refused.
    before: digits that may stand before the point.

    Raises ValueError with a sentence.
    """
    if len(text) > 80 or not _PLAIN.fullmatch(text):
        with_comma = "," in text and _PLAIN.fullmatch(text.replace(",", ".", 1))
        hint = f": write it with a point, {text.replace(',', '.', 1)}" if with_comma else ""
        raise ValueError(f"This is not a decimal number{hint}.")
    number = Decimal(text)
    if number.adjusted() >= before and number:
        raise ValueError(f"At most {before} digits may stand before the point.")
    if number.adjusted() < -places and number:
        raise ValueError(f"At most {places} digits may stand after the point.")
    rounded = number.quantize(Decimal(1).scaleb(-places), context=EXACT)
    if rounded != number:
        raise ValueError(f"At most {places} digits may stand after the point.")
    return rounded


def to_money_places(money: Decimal) -> Decimal:
    """Money, rounded half to even to 12 decimals."""
    return money.quantize(Decimal(1).scaleb(-MONEY_PLACES), context=EXACT)


def plain(amount: Decimal, places: int | None = None) -> str:
    """`amount` as text without exponent: with `places` digits, or with none that are superfluous."""
    if places is not None:
        return f"{amount:.{places}f}"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def readable(amount: Decimal) -> str:
    """`amount` for people: thousands apart, no digits that are superfluous."""
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def typeset(amount: Decimal) -> str:
    """As `readable`, with the minus sign of pages and papers in place of the hyphen."""
    return with_minus(readable(amount))


def with_minus(text: str) -> str:
    """A figure as it is written for people: the minus sign in place of the hyphen."""
    return text.replace("-", "−")


def tokens(amount: Decimal) -> str:
    """A token amount as the contract answers it: six decimals."""
    return plain(amount, TOKEN_PLACES)
