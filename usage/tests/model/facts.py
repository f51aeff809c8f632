"""What there is to know of a caller's account, and what a verb answers or refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from usage.tests.model.access import Access
from usage.tests.model.allowances import Allowances, Use
from usage.tests.model.budgets import Budgets, Taken
from usage.tests.model.grants import ZERO
from usage.tests.model.keeping import Counter, Hold
from usage.tests.model.ladders import Ladder
from usage.tests.model.prices import OwnPrice, Rate
from usage.tests.model.purse import Purse


class Refused(Exception):
    """The verb did nothing. `codes` are all the reasons there were; which is told first is the product's choice."""

    def __init__(self, *codes: str, figures: dict[str, Decimal] | None = None) -> None:
        super().__init__(*codes)
        self.codes = set(codes)
        self.figures = figures or {}


@dataclass(frozen=True)
class Item:
    """cost: what it says that it cost us, in `currency` or else the reporting one; None where it says nothing."""

    feature: str
    quantity: Decimal
    dimensions: tuple[tuple[str, str], ...] = ()
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Line:
    feature: str
    quantity: Decimal
    tokens: Decimal
    table: str
    version: int
    rate: Rate
    counter: Counter | None = None
    cost: Decimal | None = None
    currency: str | None = None
    covered: Decimal = ZERO

    @property
    def charged(self) -> Decimal:
        """Units that are neither covered nor free of counting."""
        return self.quantity - self.covered

    @property
    def told(self) -> tuple[object, ...]:
        """As an answer tells it."""
        priced = self.feature, self.quantity, self.covered, self.tokens, self.table, self.version
        return *priced, self.cost, self.currency


@dataclass
class Draw:
    grant: int
    tokens: Decimal
    returned: Decimal = ZERO


@dataclass
class Debit:
    number: int
    account: str
    product: str
    unit: str
    lines: tuple[Line, ...]
    draws: list[Draw]
    lots: list[int]
    left: list[Decimal]
    reversals: int = 0
    covers: Sequence[Use] = ()
    budgets: Sequence[Taken] = ()
    hold: Hold | None = None

    @property
    def tokens(self) -> Decimal:
        return sum((line.tokens for line in self.lines), ZERO)

    @property
    def is_free_and_whole(self) -> bool:
        """It cost nothing and was not reversed yet: that can be done once."""
        return self.tokens == 0 and not self.reversals


@dataclass(frozen=True)
class Noted:
    """Something that people are told of. debit: which brought it about, if one did."""

    kind: str
    name: str
    at: datetime
    debit: int | None


@dataclass(frozen=True)
class Terms:
    """The table for usage from an instant on. begins: None is always. table: None is the default one."""

    begins: datetime | None
    table: str | None
    is_withdrawn: bool = False

    def waits(self, now: datetime) -> bool:
        return not self.is_withdrawn and self.begins is not None and self.begins > now


@dataclass
class Account:
    """policy: its own; none: those rule that accounts share. buckets: what each had left, and when it was taken from.

    noted: what changed, in its order.
    """

    reference: str
    created_at: datetime
    state: str = "active"
    parent: str | None = None
    policy: Ladder | None = None
    buckets: dict[str, tuple[Fraction, datetime]] = field(default_factory=dict)
    noted: list[Noted] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)
    purses: dict[str, Purse] = field(default_factory=dict)
    counts: dict[Counter, Decimal] = field(default_factory=dict)
    own_prices: list[tuple[datetime, datetime | None, OwnPrice]] = field(default_factory=list)
    kept: list[tuple[datetime, datetime | None, str, int]] = field(default_factory=list)
    past: list[tuple[datetime, Account]] = field(default_factory=list)
    zone: str = "UTC"
    allowances: Allowances = field(default_factory=Allowances)
    budgets: Budgets = field(default_factory=Budgets)
    access: Access = field(default_factory=Access)

    def copy(self) -> Account:
        return replace(
            self,
            purses={unit: purse.copy() for unit, purse in self.purses.items()},
            counts=dict(self.counts),
            terms=list(self.terms),
            past=[],
            allowances=self.allowances.copy(),
            budgets=self.budgets.copy(),
            access=self.access.copy(),
            buckets=dict(self.buckets),
            noted=list(self.noted),
        )

    def purse(self, unit: str) -> Purse:
        return self.purses.setdefault(unit, Purse(unit))

    def settle(self, now: datetime) -> None:
        for purse in self.purses.values():
            purse.settle(now)

    def own_price(self, item: Item, occurred_at: datetime) -> OwnPrice | None:
        """The closest of those in force; of one pattern and dimensions the one that began last."""
        latest: dict[object, tuple[datetime | None, OwnPrice]] = {}
        for begins, ends, price in sorted(self.own_prices, key=lambda each: each[0]):
            if begins <= occurred_at:
                latest[price.pattern, price.dimensions] = ends, price
        found = [
            price
            for ends, price in latest.values()
            if price.kind != "none"
            and (ends is None or occurred_at < ends)
            and price.matches(item.feature, dict(item.dimensions))
        ]
        return max(found, key=lambda price: price.closeness, default=None)

    def kept_version(self, table: str, occurred_at: datetime) -> int | None:
        """The number of the version that the account stays on, by what was said last."""
        said = [each for each in self.kept if each[2] == table and each[0] <= occurred_at]
        if not said:
            return None
        _, ends, _, number = max(said, key=lambda each: each[0])
        return number if ends is not None and occurred_at < ends else None

    def table_at(self, occurred_at: datetime) -> str | None:
        """By the terms that began last; of two that began at once, those that were said last."""
        held: Terms | None = None
        for each in self.terms:
            if not each.is_withdrawn and (each.begins is None or each.begins <= occurred_at):
                is_later = held is None or held.begins is None or (each.begins and each.begins >= held.begins)
                held = each if is_later else held
        return held.table if held else None

    def schedule(self, table: str | None, now: datetime, begins: datetime) -> int | None:
        """Pay by a table from an instant on, now or later. Answers the place of the terms; None: nothing is new."""
        if begins < now:
            raise Refused("conflict")
        if self.table_at(begins) == table:
            return None
        if any(each.begins == begins for each in self.terms if not each.is_withdrawn):
            raise Refused("conflict")
        self.terms.append(Terms(begins, table))
        return len(self.terms) - 1

    def call_off(self, place: int, now: datetime) -> None:
        """Only terms that have not begun are taken back, and once."""
        if not self.terms[place].waits(now):
            raise Refused("conflict")
        self.terms[place] = replace(self.terms[place], is_withdrawn=True)


@dataclass(frozen=True)
class Answer:
    """What a verb answered the first time, as plain facts; `replayed` the times after."""

    effect: str
    facts: Mapping[str, Any]
    replayed: bool = False


def standing(purse: Purse, now: datetime) -> dict[str, Decimal]:
    return {"available": purse.available(now), "held": purse.held, "overage": purse.overage}
