"""Lines of debits with what priced them: the rate, and the override where the account had a price of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from pricing.models import Rate
from pricing.rules.terms import PriceTerm, term_of, worth
from usage.models import DebitLine, HoldLine, Override
from usage.rules.explaining_prices import value_of
from usage.rules.orders import OwnCost
from usage.rules.overrides import OverrideFact

Line = TypeVar("Line", DebitLine, HoldLine)


def with_prices(lines: QuerySet[Line]) -> QuerySet[Line]:
    """The lines with their feature and their rate, each asked for by its own keys.

    Joined in one statement they can take seconds: a database whose vacuum noted a growing table as empty begins with
    every rate there is.
    """
    rates = Prefetch("rate", Rate.objects.select_related("version__table"))
    return lines.prefetch_related("feature", rates)


def overrides_of(lines: Iterable[DebitLine | HoldLine]) -> dict[UUID, OverrideFact]:
    """The overrides that priced these lines, in one question where there are any."""
    wanted = {line.override_id for line in lines if line.override_id is not None}
    if not wanted:
        return {}
    return {row.pk: fact_of(row) for row in Override.objects.filter(pk__in=wanted)}


def fact_of(row: Override) -> OverrideFact:
    """The override as the rules know it."""
    return OverrideFact(
        id=row.pk,
        feature=row.feature,
        dimensions=row.dimensions,
        kind=row.kind,
        tokens=row.tokens,
        per=row.per,
        factor=row.factor,
        effective_from=row.effective_from,
        effective_until=row.effective_until,
    )


def cost_of(line: DebitLine | HoldLine) -> OwnCost | None:
    """What the usage of a line said that it cost, if anything."""
    return None if line.cost is None else OwnCost(line.cost, line.cost_currency)


def term_of_line(line: DebitLine | HoldLine, override: OverrideFact | None) -> PriceTerm:
    """The term by which a line was charged, derived again."""
    value = value_of(line.formula_price, line.formula_per, line.quantity)
    term = worth(value, line.quantity) if value is not None else term_of(line.rate.row)
    return override.applied(term) if override else term
