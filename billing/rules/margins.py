"""What is left of a unit's price after its cost: the margin of a rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from operator import itemgetter

from config.kernel.amounts import EXACT, plain, to_money_places
from pricing.rules.costs import UnitCost, unit_cost
from pricing.rules.rows import RateRow

_SHOWN = Context(prec=6)
_THOUSANDTH = Decimal("0.001")

NO_COST_WRITTEN = "No cost is written."
NO_COST = "No cost is written, and no model's cost applies."


@dataclass(frozen=True, slots=True)
class Worth:
    """What a token brings, for margins to be reckoned by.

    token: paid for one, in `currency`, the reporting one; None where that is not known, and `unknown` says why.
    sold: the tokens that this is the average of. rates: what one of a currency is worth in the reporting one.
    is_slow: it is not known because nobody waited for the answer.
    """

    token: Decimal | None
    sold: Decimal
    currency: str
    rates: Mapping[str, Decimal]
    unknown: str = ""
    is_slow: bool = False


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
    return to_money_places(EXACT.divide(paid, sold))


def margin_share(earned: Decimal, cost: Decimal, uncosted: Decimal) -> Decimal | None:
    """What is left of what was earned, a share of it, at most where some costs are unknown.

    uncosted: units of which no cost is known. None where nothing was earned, or where no cost is known.
    """
    if earned <= 0 or (uncosted and not cost):
        return None
    return (earned - cost) / earned


def margin(row: RateRow, worth: Worth, cost: UnitCost | None = None) -> Margin:
    """1 − cost ÷ price of one unit, in the reporting currency, whatever the minimum of a line adds to it.

    Of tiers it is the margin of the cheapest. cost: of a unit; None is what the row says, whatever its model costs.
    """
    counted = cost or unit_cost(row)
    if counted.amount is None:
        return Margin(None, NO_COST_WRITTEN if cost is None else NO_COST)
    if worth.token is None:
        return Margin(None, worth.unknown)
    rate = worth.rates.get(counted.currency) if counted.currency else Decimal(1)
    if rate is None:
        return Margin(None, f"There is no rate of {counted.currency} to {worth.currency}.")
    if row.formula:
        return Margin(None, "A formula has no price of one unit.")
    lowest = min(row.unit_prices)
    with localcontext(EXACT):
        spent, price = counted.amount * rate, lowest.numerator * worth.token / lowest.denominator
        why = f"A unit brings {_brief(price)} and costs {_brief(spent)} {worth.currency}".rstrip()
        why += f", {counted.source}." if counted.source else "."
        if not price:
            return Margin(None, why, is_loss=spent > 0)
        share = (1 - spent / price).quantize(_THOUSANDTH) + 0  # never −0.0
    return Margin(share, why, is_loss=share < 0)


def losses(rows: Sequence[RateRow], worth: Worth, costs: Sequence[UnitCost]) -> list[tuple[RateRow, Margin]]:
    """The rates that bring something and cost more, the worst first. costs: of a unit of each of `rows`."""
    weighed = [(row, margin(row, worth, cost)) for row, cost in zip(rows, costs, strict=True)]
    found = [(found.share, row, found) for row, found in weighed if found.is_loss and found.share is not None]
    return [(row, found) for _, row, found in sorted(found, key=itemgetter(0))]


def _brief(amount: Decimal) -> str:
    """Six digits of an amount, for people."""
    return plain(_SHOWN.plus(amount))
