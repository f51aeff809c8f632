"""Recorded usage at the prices of another version, by the same function that charges."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from pricing.models import Rate
from pricing.queries.costs import costs_of
from pricing.queries.pricebook import CompiledRate, VersionBook
from pricing.rules.formulas import Formula, FormulaFails
from pricing.rules.rows import RateRow
from pricing.rules.terms import PriceTerm, worth
from usage.models import Override
from usage.queries.lines import fact_of
from usage.queries.recorded import Use, asked, quantities_in, uses_in
from usage.queries.repricing_sql import BY_KEYS, CARRIED, FRESH_MONTH, MONTHS_AS_THEY_WERE, rating
from usage.rules.overrides import OverrideFact
from usage.rules.rehearsing import Carried, Scope, Slice
from wallets.models import Currency


@dataclass(frozen=True, slots=True)
class Rated:
    """What one feature came to for one account in a slice; `RehearsalLine` says what each means."""

    account_id: UUID
    feature_id: int
    lines: int
    quantity: Decimal
    tokens_before: Decimal
    tokens_after: Decimal
    unpriced_lines: int
    unpriced_tokens: Decimal
    cost_before: Decimal
    costed_before: Decimal
    cost_after: Decimal
    costed_after: Decimal


@dataclass(slots=True)
class _Terms:
    """How each kind of lines is priced: columns in step, one place a kind, as the question takes them.

    per: null where the version has no price, and of a formula. counter: of the row of tiers that counts the units.
    """

    features: list[int] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    rates: list[int] = field(default_factory=list)
    overrides: list[UUID | None] = field(default_factory=list)
    bounds: list[str | None] = field(default_factory=list)
    prices: list[str | None] = field(default_factory=list)
    per: list[Decimal | None] = field(default_factory=list)
    minimum: list[Decimal | None] = field(default_factory=list)
    rounding: list[str | None] = field(default_factory=list)
    mode: list[str | None] = field(default_factory=list)
    packs: list[str | None] = field(default_factory=list)
    counter: list[int | None] = field(default_factory=list)
    cost_before: list[Decimal | None] = field(default_factory=list)
    cost_after: list[Decimal | None] = field(default_factory=list)

    def add(self, *values: Any) -> None:
        for column, value in zip(fields(self), values, strict=True):
            getattr(self, column.name).append(value)


@dataclass(frozen=True, slots=True)
class _PricedUse:
    """A kind of lines with the version's rate for it, none where it has none, and the account's own price."""

    use: Use
    dimensions: Mapping[str, str]
    rate: CompiledRate | None
    override: OverrideFact | None

    @property
    def formula(self) -> Formula | None:
        """What computes the price, line by line; a fixed or free price of the account's own needs none."""
        if self.rate is None or (self.override is not None and self.override.kind != "multiplier"):
            return None
        return self.rate.formula

    @property
    def term(self) -> PriceTerm | None:
        """What prices all these lines; of a formula it says no more than how they are counted: not at all."""
        return self._own(self.rate.term) if self.rate else None

    def computed(self, quantity: Decimal) -> PriceTerm | None:
        """What the formula makes of a quantity; None where it has no price for it."""
        if self.formula is None:
            return None
        try:
            return self._own(worth(self.formula.value(quantity, self.dimensions), quantity))
        except FormulaFails:
            return None

    def _own(self, term: PriceTerm) -> PriceTerm:
        return self.override.applied(term) if self.override else term


class Repricing:
    """The prices of one version, to be put on recorded usage. What it reads of rates is kept from slice to slice.

    moment: at which models cost what usage costs us where its rate says nothing of it.
    is_one_month: all usage is taken as of one month that begins with it.
    """

    def __init__(self, version: VersionBook, moment: datetime, *, is_one_month: bool = False) -> None:
        self._version, self._moment = version, moment
        self._is_one_month = is_one_month
        self._tiered = [rate for rate in version.rates() if rate.term.mode]
        self._counters = {rate.rate_id: place for place, rate in enumerate(self._tiered)}
        self._worths = {each.code: each.reporting_rate for each in Currency.objects.all()}
        self._costs: dict[int, Decimal | None] = {}
        self._models: dict[tuple[str, str], Decimal | None] = {}
        self._overrides: dict[UUID, OverrideFact] = {}

    def rated(
        self, scope: Scope, part: Slice, carried: Iterable[Carried] = ()
    ) -> tuple[list[Rated], list[Carried]]:
        """What the slice came to, and what the next slice of the same account has to know of its months.

        Inside a transaction, which from then on finds rows by their keys.
        """
        with connection.cursor() as cursor:
            cursor.execute(BY_KEYS)
        uses = [self._priced_use(use) for use in self._learnt(uses_in(scope, part))]
        given = {
            **asked(scope, part),
            **_columns(self._terms(uses)),
            **_computed(scope, part, uses),
            **self._counting(carried),
            "worths": json.dumps({code: str(worth) for code, worth in self._worths.items()}),
        }
        months = FRESH_MONTH if self._is_one_month else MONTHS_AS_THEY_WERE
        with connection.cursor() as cursor:
            cursor.execute(rating(months if self._tiered else None), given)
            rows = [Rated(*row) for row in cursor.fetchall()]
            if not self._tiered or not part.is_part:
                return rows, []
            cursor.execute(CARRIED, given)
            return rows, [Carried(*row) for row in cursor.fetchall()]

    def _learnt(self, uses: Sequence[Use]) -> Sequence[Use]:
        """The same, with what their rates cost us and the accounts' own prices known."""
        unknown = {use.rate_id for use in uses} - self._costs.keys()
        rows = Rate.objects.filter(pk__in=unknown).values_list("pk", "cost", "cost_currency")
        self._costs |= dict.fromkeys(unknown)
        self._costs |= {pk: _in_reporting(cost, currency, self._worths) for pk, cost, currency in rows}
        self._learn_models(uses)
        strange = {use.override_id for use in uses if use.override_id is not None} - self._overrides.keys()
        if strange:
            self._overrides |= {row.pk: fact_of(row) for row in Override.objects.filter(pk__in=strange)}
        return uses

    def _learn_models(self, uses: Sequence[Use]) -> None:
        unknown = {(use.feature, use.dimensions) for use in uses} - self._models.keys()
        asked_for = sorted(unknown)
        rows = [RateRow(feature, Decimal(0), dimensions=json.loads(each)) for feature, each in asked_for]
        lines = costs_of(rows, self._moment)
        for key, line in zip(asked_for, lines, strict=True):
            self._models[key] = _in_reporting(line.cost, line.currency, self._worths) if line else None

    def _priced_use(self, use: Use) -> _PricedUse:
        dimensions = json.loads(use.dimensions)
        override = self._overrides[use.override_id] if use.override_id is not None else None
        return _PricedUse(use, dimensions, self._version.rate_for(use.feature, dimensions), override)

    def _terms(self, uses: Sequence[_PricedUse]) -> _Terms:
        terms = _Terms()
        for each in uses:
            use, rate = each.use, each.rate
            kind = (use.feature_id, use.dimensions, use.rate_id, use.override_id)
            written = _in_reporting(rate.cost, rate.cost_currency, self._worths) if rate else None
            present = self._models[use.feature, use.dimensions]
            costs = [present if cost is None else cost for cost in (self._costs[use.rate_id], written)]
            terms.add(*kind, *self._ways(each), *costs)
        return terms

    def _ways(self, each: _PricedUse) -> tuple[Any, ...]:
        """How the kind of lines is priced; all null where the version has no price for it."""
        rate, term = each.rate, each.term
        if rate is None or term is None:
            return (None,) * 8
        prices, per = (None, None) if each.formula else (_array(term.prices), term.per)
        ways = (rate.minimum, rate.rounding, term.mode or None, _array(term.packs))
        return (_array(term.bounds), prices, per, *ways, self._counters.get(rate.rate_id))

    def _counting(self, carried: Iterable[Carried]) -> dict[str, Any]:
        """The rows with tiers, and what their months have counted before the slice."""
        kept = [astuple(each) for each in carried]
        columns = zip(*kept, strict=True) if kept else ([], [], [], [])
        names = ("carried_month", "carried_feature", "carried_counter", "carried_units")
        return {
            "tiered_pattern": [rate.pattern for rate in self._tiered],
            "tiered_dimensions": [json.dumps(dict(rate.dimensions)) for rate in self._tiered],
            **{name: list(column) for name, column in zip(names, columns, strict=True)},
        }


def _computed(scope: Scope, part: Slice, uses: Sequence[_PricedUse]) -> dict[str, Any]:
    """What formulas make of each quantity: columns in step. A quantity that one has no price for is left out."""
    asked_for = [(place, each) for place, each in enumerate(uses) if each.formula]
    found: list[tuple[int, Decimal, Decimal, Decimal]] = []
    for nth, quantity in quantities_in(scope, part, [each.use for _, each in asked_for]):
        place, each = asked_for[nth]
        term = each.computed(quantity)
        if term is not None:
            found.append((place + 1, quantity, term.prices[0], term.per))
    columns = zip(*found, strict=True) if found else ([], [], [], [])
    names = ("computed_kind", "computed_quantity", "computed_price", "computed_per")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _in_reporting(cost: Decimal | None, currency: str, worths: Mapping[str, Decimal]) -> Decimal | None:
    """The cost of a unit in the reporting currency; None where it is not known, or the currency's rate is not."""
    if cost is None:
        return None
    worth_of_one = worths.get(currency) if currency else Decimal(1)
    return None if worth_of_one is None else cost * worth_of_one


def _columns(terms: _Terms) -> dict[str, Any]:
    return {column.name: getattr(terms, column.name) for column in fields(terms)}


def _array(numbers: Iterable[Decimal]) -> str:
    """Numbers as PostgreSQL reads an array of them: exact."""
    return "{" + ",".join(map(str, numbers)) + "}"
