"""Usage as the roll-ups have it, at most a minute old."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from usage.models import Series
from usage.queries.rolled import rolled
from usage.rules.usage_asked import DIMENSION, TIMES, Clock, Part, Source, UsageQuestion, UsageRow, parts
from wallets.models import Currency

_SERIES = {
    (Clock.OCCURRED, False): Series.OCCURRED,
    (Clock.RECORDED, False): Series.RECORDED,
    (Clock.OCCURRED, True): Series.OCCURRED_BY_SUBJECT,
    (Clock.RECORDED, True): Series.RECORDED_BY_SUBJECT,
}
_KEYS = {
    "feature": "nullif(m.feature_id, 0)",
    "product": "m.product_id",
    "token": "nullif(m.unit_id, 0)",
    "account": "c.account_id",
    "subject.user": 'm."user"',
    "subject.team": "m.team",
}
_OF_ITS_MIX = "JOIN usage_usagemix AS m ON m.account_id = c.account_id AND m.id = c.mix_id"
_TABLES = {
    Source.SLOTS: f"usage_usageslot AS c {_OF_ITS_MIX}",
    Source.DAYS: f"usage_usageday AS c {_OF_ITS_MIX}",
    Source.TOTALS: "usage_usagetotal AS c,"
    " LATERAL (SELECT c.product_id, c.feature_id, c.unit_id, c.cost_currency) AS m",
}
_MEASURES = ("quantity", "covered", "tokens", "cost", "uncosted", "calls", "refused")


class RolledUsage:
    """Reads the tables of roll-ups."""

    def rows(
        self, question: UsageQuestion, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[UsageRow]:
        """As `UsageReader` says."""
        stretches = parts(question, rolled().hours_since)
        if not stretches:
            return []
        given = _given(question) | {"limit": limit, "offset": offset}
        with connection.cursor() as cursor:
            cursor.execute(_statement(question, stretches, given), given)
            found = cursor.fetchall()
        count = len(question.groups)
        return [UsageRow(row[:count], *row[count:]) for row in found]


def _statement(question: UsageQuestion, stretches: Sequence[Part], given: dict[str, Any]) -> str:
    """The question as SQL. Adds the bounds of each stretch to what is given."""
    selected = [_stretch(question, part, n, given) for n, part in enumerate(stretches)]
    keys = ", ".join(f"k{n}" for n in range(len(question.groups)))
    sums = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in _MEASURES)
    some = " OR ".join(f"sum({each}) <> 0" for each in _MEASURES)
    grouped = f"GROUP BY {keys} HAVING {some} ORDER BY {keys}" if keys else ""
    return f"""SELECT {keys + "," if keys else ""} {sums} FROM ({" UNION ALL ".join(selected)}) AS found
               {grouped} LIMIT %(limit)s OFFSET %(offset)s"""


def _stretch(question: UsageQuestion, part: Part, nth: int, given: dict[str, Any]) -> str:
    given |= {f"since{nth}": part.since, f"until{nth}": part.until}
    if part.source is Source.SLOTS:
        at, within = "c.slot_at", f"c.slot_at >= %(since{nth})s AND c.slot_at < %(until{nth})s"
    else:
        at = "(c.day::timestamp AT TIME ZONE %(zone)s)"
        bounds = [f"(%({name}{nth})s::timestamptz AT TIME ZONE 'UTC')::date" for name in ("since", "until")]
        within = f"c.day >= {bounds[0]} AND c.day < {bounds[1]}"
    keys = "".join(f"{_key(group, n, at)} AS k{n}, " for n, group in enumerate(question.groups))
    calls = "c.items" if question.counts_items else "c.calls"
    return f"""SELECT {keys} c.quantity, c.covered, c.tokens, c.cost * x.rate AS cost, c.uncosted,
                      {calls} AS calls, c.refused
               FROM {_TABLES[part.source]}
               CROSS JOIN LATERAL unnest(%(codes)s::text[], %(rates)s::numeric[]) AS x (code, rate)
               WHERE x.code = m.cost_currency AND c.series = %(series)s AND {within} {_filters(question)}"""


def _key(group: str, nth: int, at: str) -> str:
    if group == "hour":
        return f"date_trunc('hour', {at}, %(zone)s)"
    if group in TIMES:
        return f"date_trunc('{group}', {at} AT TIME ZONE %(zone)s)::date"
    if group.startswith(DIMENSION):
        return f"m.dimensions->>%(dimension{nth})s"
    return _KEYS[group]


def _filters(question: UsageQuestion) -> str:
    """Conditions beside the time, each after an AND."""
    found = ["c.account_id = ANY (%(accounts)s)"] if question.accounts is not None else []
    for name in ("products", "features", "units"):
        if getattr(question, name) is not None:
            found.append(f"m.{name[:-1]}_id = ANY (%({name})s)")
    if question.dimensions:
        found.append("m.dimensions @> %(carried)s")
    return "".join(f" AND {each}" for each in found)


def _given(question: UsageQuestion) -> dict[str, Any]:
    currencies = {"": Decimal(1)} | dict(Currency.objects.values_list("code", "reporting_rate"))
    given: dict[str, Any] = {
        "series": _SERIES[question.clock, question.is_by_subject].value,
        "zone": question.zone,
        "codes": list(currencies),
        "rates": list(currencies.values()),
        "carried": Jsonb(dict(question.dimensions)),
    }
    for name in ("accounts", "products", "features", "units"):
        given[name] = sorted(getattr(question, name) or ())
    for nth, group in enumerate(question.groups):
        given[f"dimension{nth}"] = group.removeprefix(DIMENSION)
    return given
