"""Which rates lose, or earn too little, at what their models cost now, else at the cost that they say themselves; and
which models are about to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.queries.margins import worths_of
from billing.queries.recent import patiently
from billing.rules.margins import Margin, Worth, margin
from billing.rules.repricing import agrees, at_cost, markup_for, price_of
from pricing.models import CostRate, Rate, RateTable, Version, VersionState
from pricing.queries.costs import COSTS_OF_RATES, line_of
from pricing.rules.costs import CostLine
from pricing.rules.rows import RateRow

WITHDRAWN_WITHIN = timedelta(days=90)
TOO_LONG = "There are too many rates to weigh while a page waits."

_Weighed = tuple[Version, RateRow, CostLine]


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: rates whose margin is under `under`, each with the price at which it is `match`, as shares.

    digits: significant ones of a proposed price.
    """

    under: Decimal = Decimal(0)
    match: Decimal = Decimal("0.7")
    digits: int | None = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """A rate whose margin at what its model costs now, else at the cost that it says itself, is under the target.

    cost: of no component where it is the rate's own. former: the margin by the cost written in the version. proposed:
    tokens for `row.per` units that match the target; none for tiers, which people price.
    """

    version: Version
    state: VersionState
    row: RateRow
    cost: CostLine
    present: Margin
    former: Margin
    proposed: Decimal | None

    @property
    def is_news(self) -> bool:
        """Whether the cost written in the version is another than the present one."""
        return bool(self.cost.component) and not agrees(self.row, self.cost)

    @property
    def goes_by(self) -> str:
        """Which cost it is, in words."""
        return self.cost.title if self.cost.component else "the cost that the rate says"


@dataclass(frozen=True, slots=True)
class TableReview:
    """What was found in one rate table, the worst first."""

    table: RateTable
    worth: Worth
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A model that is priced and that its provider withdraws soon, or has withdrawn."""

    model: str
    day: date
    tables: Sequence[RateTable]


@dataclass(frozen=True, slots=True)
class MarginReview:
    """What was found. unweighed: tables whose token has no known worth. fault: why nothing could be weighed.

    has_costs: whether the product was told of any model's cost, or a rate says its own; else none was weighed at all.
    """

    tables: Sequence[TableReview] = ()
    unweighed: Sequence[tuple[RateTable, Worth]] = ()
    withdrawals: Sequence[Withdrawal] = ()
    fault: str = ""
    has_costs: bool = True

    @property
    def rates(self) -> int:
        return sum(len(each.findings) for each in self.tables)

    @property
    def untold(self) -> str:
        """Why there may be more than was found: something took too long. Empty where nothing did."""
        slow = (worth.unknown for _, worth in self.unweighed if worth.is_slow)
        return self.fault or next(slow, "")


def review_margins(moment: datetime, target: Target, *, with_drafts: bool = True) -> MarginReview:
    """Weigh every rate of the versions in force, scheduled and in draft at what its model costs at `moment`.

    Where nobody told that, the cost counts that the rate says. A rate of no tokens is given away on purpose and not
    weighed.
    """
    versions = _versions(moment, with_drafts)
    if (
        not CostRate.objects.exists()
        and not Rate.objects.filter(version__in=versions).exclude(cost=None).exists()
    ):
        return MarginReview(has_costs=False)
    worths = worths_of({version.table.token for version in versions.values()})
    asked = _asked(versions, worths, target, moment)
    rows = patiently(_UNDER, asked)
    if rows is None:
        return MarginReview(fault=TOO_LONG)
    rates = Rate.objects.in_bulk([place for place, *_ in rows])
    weighed = [(versions[rates[place].version_id], rates[place].row, line_of(line)) for place, *line in rows]
    found = (_found(each, worths[each[0].table.token], target, moment) for each in weighed)
    tables = {version.table_id: version.table for version in versions.values()}
    return MarginReview(
        tables=_by_table([each for each in found if each], worths),
        unweighed=[
            (each, worths[each.token]) for each in tables.values() if worths[each.token].token is None
        ],
        withdrawals=_withdrawals(weighed, asked["day"]),
    )


def _versions(moment: datetime, with_drafts: bool) -> dict[int, Version]:
    every = Version.objects.select_related("table")
    found = [*every.in_force(moment), *every.scheduled(moment), *(every.drafts() if with_drafts else ())]
    return {version.pk: version for version in found}


def _asked(
    versions: Mapping[int, Version], worths: Mapping[str, Worth], target: Target, moment: datetime
) -> dict[str, Any]:
    known = {token: worth.token for token, worth in worths.items() if worth.token is not None}
    rates = next(iter(worths.values())).rates if worths else {}
    return {
        "moment": moment,
        "versions": list(versions),
        "tokens": list(known),
        "prices": list(known.values()),
        "currencies": list(rates),
        "rates": list(rates.values()),
        "reporting": next((worth.currency for worth in worths.values()), ""),
        "kept": 1 - target.under,
        "day": (moment + WITHDRAWN_WITHIN).date(),
    }


def _found(weighed: _Weighed, worth: Worth, target: Target, moment: datetime) -> Finding | None:
    version, row, cost = weighed
    present = margin(at_cost(row, cost), worth)
    if present.share is None or present.share >= target.under:
        return None
    proposed = price_of(row, cost, worth, markup_for(target.match), target.digits)
    return Finding(version, version.state_at(moment), row, cost, present, margin(row, worth), proposed)


def _by_table(findings: Iterable[Finding], worths: Mapping[str, Worth]) -> list[TableReview]:
    by_table: dict[int, list[Finding]] = {}
    for each in findings:
        by_table.setdefault(each.version.table_id, []).append(each)
    reviews = [
        TableReview(found[0].version.table, worths[found[0].version.table.token], sorted(found, key=_badness))
        for found in by_table.values()
    ]
    return sorted(reviews, key=lambda each: each.table.code)


def _badness(finding: Finding) -> tuple[Decimal, str, int]:
    return finding.present.share or Decimal(0), finding.row.title, finding.version.number


def _withdrawals(weighed: Iterable[_Weighed], day: date) -> list[Withdrawal]:
    found: dict[tuple[date, str], dict[int, RateTable]] = {}
    for version, _, cost in weighed:
        if cost.deprecated_on is not None and cost.deprecated_on <= day:
            found.setdefault((cost.deprecated_on, cost.model), {})[version.table_id] = version.table
    return [
        Withdrawal(model, withdrawn, sorted(tables.values(), key=lambda table: table.code))
        for (withdrawn, model), tables in sorted(found.items())
    ]


_KNOWN = f"""
    WITH listed AS MATERIALIZED ({COSTS_OF_RATES})
    SELECT * FROM listed
    UNION ALL
    SELECT own.id, '', '', '', '', 0, own.cost, coalesce(nullif(own.cost_currency, ''), %(reporting)s), NULL
    FROM pricing_rate AS own
    WHERE own.version_id = ANY (%(versions)s) AND own.cost IS NOT NULL AND own.id NOT IN (SELECT place FROM listed)
"""
# Multiplied, never divided: the comparison is exact. What a page shows is then rounded as every margin is.
# Of tiers the cheapest decides, which is found outside.
_UNDER = f"""
    SELECT found.*
    FROM ({_KNOWN}) AS found
    JOIN pricing_rate AS rate ON rate.id = found.place
    JOIN pricing_version AS version ON version.id = rate.version_id
    JOIN pricing_ratetable AS rate_table ON rate_table.id = version.table_id
    LEFT JOIN unnest(%(tokens)s::text[], %(prices)s::numeric[]) AS worth (token, price)
        ON worth.token = rate_table.token
    LEFT JOIN unnest(%(currencies)s::text[], %(rates)s::numeric[]) AS currency (code, rate)
        ON currency.code = found.currency
    WHERE found.deprecated_on <= %(day)s
       OR rate.tokens > 0
          AND (rate.tier_mode <> ''
               OR rate.tokens * worth.price * %(kept)s < found.cost * currency.rate * rate.per)
"""
