"""Acts at the desk: when they need a second person, and how they are written down until one decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from billing.rules.orders import OrderAsked
from config.kernel import shaped
from config.kernel.amounts import plain
from config.kernel.money import in_currency
from usage.rules.grants import GrantOrder

_DECIMALS = ("tokens", "unit_cost")
_INSTANTS = ("effective_at", "expires_at")


@dataclass(frozen=True, slots=True)
class ActLimit:
    """What a person may move alone within 24 hours: tokens of a unit, and of orders their list price in a currency.

    None is not said; with neither it is nothing at all.
    """

    tokens: Decimal | None
    money: Decimal | None = None
    currency: str = ""

    @property
    def is_nothing(self) -> bool:
        return self.tokens is None and self.money is None

    @property
    def title(self) -> str:
        said = [] if self.tokens is None else [f"{plain(self.tokens)} tokens"]
        said += [] if self.money is None else [in_currency(self.money, self.currency)]
        return f"a second person beyond {' or '.join(said)} a day" if said else "always a second person"


def needs_second(limits: Iterable[ActLimit], moved: Decimal, asked: Decimal) -> str:
    """Why an act needs a second person, empty where it does not. Of several limits the strictest counts.

    moved: what the person has moved alone by such acts in the last 24 hours.
    """
    known = [each.tokens for each in limits]
    if None in known:
        return "Such an act needs a second person, always."
    strictest = min((each for each in known if each is not None), default=None)
    if strictest is None or moved + asked <= strictest:
        return ""
    so_far = f", and {plain(moved)} were moved in the last 24 hours" if moved else ""
    return f"{plain(asked)} tokens are asked for{so_far}; one person alone may move {plain(strictest)} a day."


@dataclass(frozen=True, slots=True)
class Measure:
    """What an order by hand is worth: tokens by unit, once and of one period, list prices by currency.

    share: the largest share, in per cent, that is taken off a line.
    """

    tokens: Mapping[str, Decimal]
    listed: Mapping[str, Decimal]
    share: Decimal = Decimal(0)


def order_needs_second(
    limits: Sequence[ActLimit], moved: Measure, asked: Measure, discount: Decimal | None
) -> str:
    """Why an order by hand needs a second person, empty where it does not.

    moved: what the person did alone by such acts in the last 24 hours. discount: per cent that the person may take off
    alone; None is without limit.
    """
    if any(each.is_nothing for each in limits):
        return "Such an act needs a second person, always."
    if discount is not None and asked.share > discount:
        return (
            f"{plain(asked.share)} % are taken off a line; one person alone may take off {plain(discount)} %."
        )
    measured = [
        (unit, amount, moved.tokens.get(unit, Decimal(0)), [each.tokens for each in limits])
        for unit, amount in sorted(asked.tokens.items())
    ]
    measured += [
        (
            code,
            amount,
            moved.listed.get(code, Decimal(0)),
            [each.money for each in limits if each.currency == code],
        )
        for code, amount in sorted(asked.listed.items())
    ]
    for what, amount, before, allowed in measured:
        strictest = min((each for each in allowed if each is not None), default=None)
        if strictest is not None and before + amount > strictest:
            number = partial(_number, currency=what if what in asked.listed else "")
            said = number(amount) if what in asked.listed else f"{plain(amount)} {what}"
            so_far = f", and {number(before)} were in the last 24 hours" if before else ""
            return f"{said} are asked for{so_far}; one person alone may move {number(strictest)} a day."
    return ""


def _number(amount: Decimal, currency: str) -> str:
    return in_currency(amount, currency) if currency else plain(amount)


def added(measures: Iterable[Measure]) -> Measure:
    """What several orders are worth together."""
    tokens: dict[str, Decimal] = {}
    listed: dict[str, Decimal] = {}
    for each in measures:
        for sums, part in ((tokens, each.tokens), (listed, each.listed)):
            for name, amount in part.items():
                sums[name] = sums.get(name, Decimal(0)) + amount
    return Measure(tokens, listed)


def written_order(asked: OrderAsked, measure: Measure) -> dict[str, Any]:
    """An order by hand as JSON knows it, with what it is worth."""
    told: dict[str, Any] = msgspec.to_builtins({"asked": asked, "measure": measure})
    return told


def read_order(facts: Mapping[str, Any]) -> OrderAsked:
    """The order that `written_order` was given."""
    return shaped.convert(facts["asked"], OrderAsked)


def prices_said(asked: OrderAsked) -> list[str]:
    """What is asked for each line of an order, with its own currency or that of what it sells, as it meant that."""
    currencies = {each.code: each.currency for each in asked.meant}
    return [
        "at list price"
        if line.amount is None
        else f"for {in_currency(line.amount, line.currency or currencies.get(line.sku, ''))}"
        for line in asked.lines
    ]


def read_measure(facts: Mapping[str, Any]) -> Measure:
    """What the order that `written_order` was given is worth."""
    return shaped.convert(facts["measure"], Measure)


def kind_of(order: GrantOrder) -> str:
    """What sort of act a grant is."""
    return "adjustment" if order.kind == "adjustment" else "grant"


def written(order: GrantOrder) -> dict[str, Any]:
    """The order as JSON knows it, exactly."""
    facts = asdict(order)
    for name in _DECIMALS:
        facts[name] = None if facts[name] is None else plain(facts[name])
    for name in _INSTANTS:
        facts[name] = None if facts[name] is None else facts[name].isoformat()
    return {**facts, "features": list(order.features)}


def read(facts: dict[str, Any]) -> GrantOrder:
    """The order that `written` was given."""
    read = dict(facts, features=tuple(facts["features"]))
    for name in _DECIMALS:
        read[name] = None if read[name] is None else Decimal(read[name])
    for name in _INSTANTS:
        read[name] = None if read[name] is None else datetime.fromisoformat(read[name])
    return GrantOrder(**read)


def written_reversal(debit_id: UUID, product_id: int, tokens: Decimal | None) -> dict[str, Any]:
    """A reversal as JSON knows it. tokens: None is all that is left."""
    return {
        "debit": str(debit_id),
        "product": product_id,
        "tokens": None if tokens is None else plain(tokens),
    }


def read_reversal(facts: dict[str, Any]) -> tuple[UUID, int, Decimal | None]:
    """The debit, its product and the tokens that `written_reversal` was given."""
    tokens = facts["tokens"]
    return UUID(facts["debit"]), facts["product"], None if tokens is None else Decimal(tokens)
