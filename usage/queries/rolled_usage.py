"""Usage as the roll-ups have it, at most a minute old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from usage.models import Series
from usage.queries.rolled import rolled
from usage.rules.usage_asked import (
    DIMENSION,
    TIMES,
    AdoptionWeek,
    Clock,
    Part,
    Portion,
    Source,
    UsageQuestion,
    UsageRow,
    months_around,
    parts,
)
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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all answers stand on. hours_since: before it only days are kept. currencies: rates to the reporting one."""

    hours_since: datetime
    currencies: Mapping[str, Decimal]


class RolledUsage:
    """Reads the tables of roll-ups. Each method is as `UsageReader` says. One lasts as long as a page or a call."""

    @cached_property
    def ground(self) -> _Ground:
        return _Ground(
            rolled().hours_since,
            {"": Decimal(1)} | dict(Currency.objects.values_list("code", "reporting_rate")),
        )

    def rows(
        self, question: UsageQuestion, *, limit: int | None = None, offset: int = 0
    ) -> Sequence[UsageRow]:
        order = ", ".join(_keys(question))
        wanted = (
            f"SELECT * FROM found {f'ORDER BY {order}' if order else ''} LIMIT %(limit)s OFFSET %(offset)s"
        )
        return _rows(self.ground, question, wanted, {"limit": limit, "offset": offset})

    def most(self, question: UsageQuestion, limit: int | None = None) -> Sequence[UsageRow]:
        order = ", ".join(["tokens DESC", "calls DESC", *_keys(question)])
        return _rows(
            self.ground, question, f"SELECT * FROM found ORDER BY {order} LIMIT %(limit)s", {"limit": limit}
        )

    def accounts(self, question: UsageQuestion) -> Mapping[tuple[Any, ...], int]:
        keys, by_account = _keys(question), _grouped_too(question, "account")
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        told = ", ".join([*keys, f"count(DISTINCT k{len(keys)})"])
        return dict(
            _by_keys(_found(self.ground, by_account, f"SELECT {told} FROM found WHERE calls > 0 {grouped}"))
        )

    def first_days(self, question: UsageQuestion) -> Mapping[tuple[Any, ...], date]:
        keys, by_day = _keys(question), _grouped_too(question, "day")
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        told = ", ".join([*keys, f"min(k{len(keys)})"])
        return dict(
            _by_keys(_found(self.ground, by_day, f"SELECT {told} FROM found WHERE calls > 0 {grouped}"))
        )

    def adoption(self, question: UsageQuestion) -> Sequence[AdoptionWeek]:
        by_day = _grouped_too(question, "account", "day")
        given = {"began_on": question.since.astimezone(UTC).date()}
        return [AdoptionWeek(*row) for row in _found(self.ground, by_day, _ADOPTION, given)]

    def shared(
        self, question: UsageQuestion, portions: Sequence[Portion]
    ) -> Mapping[tuple[Any, ...], Decimal]:
        groups = ("account", "product", "token", "month")
        whose = frozenset(each.account for each in portions)
        accounts = whose if question.accounts is None else whose & question.accounts
        pieces = replace(_grouped_too(question, *groups), accounts=accounts, clock=Clock.RECORDED)
        since, until = months_around(question)
        whole = UsageQuestion(since, until, groups, accounts=accounts, clock=Clock.RECORDED)
        keys, count = [f"f.{key}" for key in _keys(question)], len(question.groups)
        given: dict[str, Any] = {}
        wholes = _statement(self.ground, whole, given)
        if wholes is None or not accounts:
            return {}
        names = tuple(given)
        statement = _SHARED.format(
            whole=_renamed(wholes, names),
            keys="".join(f"{key}, " for key in keys),
            same=" AND ".join(f"w.k{n} = f.k{count + n}" for n in range(len(groups))),
            grouped=f"GROUP BY {', '.join(keys)}" if keys else "",
        )
        given = {f"whole_{name}": given[name] for name in names} | _portions(portions)
        return dict(_by_keys(_found(self.ground, pieces, statement, given)))


# Days of an account become weeks; the first of them is the week in which it was new.
_ADOPTION = """
    SELECT week, count(DISTINCT account), count(DISTINCT account) FILTER (WHERE week = first_week)
    FROM (SELECT k0 AS account, (k1 - %(began_on)s::date) / 7 AS week,
                 min((k1 - %(began_on)s::date) / 7) OVER (PARTITION BY k0) AS first_week
          FROM found WHERE calls > 0) AS used
    GROUP BY week ORDER BY week
"""
_SHARED = """
    SELECT {keys} round(sum(f.tokens * p.amount / w.tokens), 12)
    FROM found f
    JOIN ({whole}) AS w ON {same}
    JOIN unnest(%(of_account)s::uuid[], %(of_product)s::bigint[], %(of_unit)s::bigint[], %(of_month)s::date[],
                %(amount)s::numeric[]) AS p (account, product, unit, month, amount)
        ON p.account = w.k0 AND p.product = w.k1 AND p.unit = w.k2 AND p.month = w.k3
    WHERE w.tokens <> 0
    {grouped}
"""


def _portions(portions: Sequence[Portion]) -> dict[str, Any]:
    return {
        "of_account": [each.account for each in portions],
        "of_product": [each.product for each in portions],
        "of_unit": [each.unit for each in portions],
        "of_month": [each.month for each in portions],
        "amount": [each.amount for each in portions],
    }


def _renamed(statement: str, names: Sequence[str]) -> str:
    """A statement whose parameters stand beside those of another."""
    for name in names:
        statement = statement.replace(f"%({name})s", f"%(whole_{name})s")
    return statement


def _keys(question: UsageQuestion) -> list[str]:
    """The columns of the question's groups."""
    return [f"k{n}" for n in range(len(question.groups))]


def _grouped_too(question: UsageQuestion, *groups: str) -> UsageQuestion:
    """Told apart by these as well, the groups of time by days and months of UTC."""
    zone = "UTC" if {"day", "month"}.intersection(groups) else question.zone
    return replace(question, groups=(*question.groups, *groups), zone=zone)


def _by_keys(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each row's keys, and what stands after them; of no groups at all nothing where there is nothing."""
    return ((row[:-1], row[-1]) for row in rows if row[-1] is not None)


def _rows(ground: _Ground, question: UsageQuestion, wanted: str, more: dict[str, Any]) -> Sequence[UsageRow]:
    count = len(question.groups)
    return [UsageRow(row[:count], *row[count:]) for row in _found(ground, question, wanted, more)]


def _found(
    ground: _Ground, question: UsageQuestion, wanted: str, more: Mapping[str, Any] | None = None
) -> list[Any]:
    """What a statement says of `found`, the sums that were asked for."""
    given = dict(more or {})
    statement = _statement(ground, question, given)
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH found AS ({statement}) {wanted}", given)
        rows: list[Any] = cursor.fetchall()
        return rows


def _statement(ground: _Ground, question: UsageQuestion, given: dict[str, Any]) -> str | None:
    """The question as SQL; None where no time is asked about. Adds its parameters to what is given."""
    stretches = parts(question, ground.hours_since)
    if not stretches:
        return None
    given |= _given(ground, question)
    selected = [_stretch(question, part, n, given) for n, part in enumerate(stretches)]
    keys = ", ".join(f"k{n}" for n in range(len(question.groups)))
    sums = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in _MEASURES)
    some = " OR ".join(f"sum({each}) <> 0" for each in _MEASURES)
    grouped = f"GROUP BY {keys} HAVING {some}" if keys else ""
    return f"""SELECT {keys + "," if keys else ""} {sums} FROM ({" UNION ALL ".join(selected)}) AS part {grouped}"""


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


def _given(ground: _Ground, question: UsageQuestion) -> dict[str, Any]:
    given: dict[str, Any] = {
        "series": _SERIES[question.clock, question.is_by_subject].value,
        "zone": question.zone,
        "codes": list(ground.currencies),
        "rates": list(ground.currencies.values()),
        "carried": Jsonb(dict(question.dimensions)),
    }
    for name in ("accounts", "products", "features", "units"):
        given[name] = sorted(getattr(question, name) or ())
    for nth, group in enumerate(question.groups):
        given[f"dimension{nth}"] = group.removeprefix(DIMENSION)
    return given
