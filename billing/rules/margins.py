"""What is left of a unit's price after its cost: the margin of a rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from operator import itemgetter

from config.kernel.amounts import MONEY_PLACES, plain
from pricing.rules.rows import RateRow

_WIDE = Context(prec=100)
_SHOWN = Context(prec=6)
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Worth:
    """What a token brings, for margins to be reckoned by.

    token: paid for one, in `currency`, the reporting one; None where that is not known, and `unknown` says why.
    sold: the tokens that this is the average of. rates: what one of a currency is worth in the reporting one.
    """

    token: Decimal | None
    sold: Decimal
    currency: str
    rates: Mapping[str, Decimal]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Margin:
    """share: of what a unit brings, to a thousandth; None where there is none. why: the reckoning in words."""

    share: Decimal | None
    why: str
    is_loss: bool = False


def average_price(paid: Decimal, sold: Decimal) -> Decimal | None:
    """The price of one token, to twelve decimals; None where none was sold."""
    if not sold:
        return None
    return _WIDE.divide(paid, sold).quantize(Decimal(1).scaleb(-MONEY_PLACES), context=_WIDE)


def margin(row: RateRow, worth: Worth) -> Margin:
    """1 − cost ÷ price of one unit, in the reporting currency, whatever the minimum of a line adds to it.

    Of tiers it is the margin of the cheapest.
    """
    if row.cost is None:
        return Margin(None, "No cost is written.")
    if worth.token is None:
        return Margin(None, worth.unknown)
    rate = worth.rates.get(row.cost_currency) if row.cost_currency else Decimal(1)
    if rate is None:
        return Margin(None, f"There is no rate of {row.cost_currency} to {worth.currency}.")
    if row.formula:
        return Margin(None, "A formula has no price of one unit.")
    lowest = min(row.unit_prices)
    with localcontext(_WIDE):
        cost, price = row.cost * rate, lowest.numerator * worth.token / lowest.denominator
        why = f"A unit brings {_brief(price)} and costs {_brief(cost)} {worth.currency}".rstrip() + "."
        if not price:
            return Margin(None, why, is_loss=cost > 0)
        share = (1 - cost / price).quantize(_THOUSANDTH) + 0  # never −0.0
    return Margin(share, why, is_loss=share < 0)


def losses(rows: Iterable[RateRow], worth: Worth) -> list[tuple[RateRow, Margin]]:
    """The rates that bring something and cost more, the worst first."""
    weighed = [(row, margin(row, worth)) for row in rows]
    found = [(found.share, row, found) for row, found in weighed if found.is_loss and found.share is not None]
    return [(row, found) for _, row, found in sorted(found, key=itemgetter(0))]


def _brief(amount: Decimal) -> str:
    """Six digits of an amount, for people."""
    return plain(_SHOWN.plus(amount))
