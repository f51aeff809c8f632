"""Usage as the roll-ups have it, at most a minute old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection

from usage.queries.rolled import rolled
from usage.queries.usage_statements import MEASURES, Ground, beyond, keys_of, statement_of
from usage.rules.usage_asked import (
    AdoptionWeek,
    Clock,
    Portion,
    Reach,
    UsageQuestion,
    UsageRow,
    months_around,
)
from wallets.models import Currency


class RolledUsage:
    """Reads the tables of roll-ups. Each method is as `UsageReader` says. One lasts as long as a page or a call."""

    def __init__(self) -> None:
        self._reached: tuple[tuple[UsageQuestion, int], Reach] | None = None

    @cached_property
    def ground(self) -> Ground:
        return Ground(
            rolled().hours_since,
            {"": Decimal(1)} | dict(Currency.objects.values_list("code", "reporting_rate")),
        )

    def rows(
        self, question: UsageQuestion, *, limit: int | None = None, after: Sequence[Any] | None = None
    ) -> Sequence[UsageRow]:
        order, given = ", ".join(keys_of(question)), {"limit": limit}
        going_on = "" if after is None else f"WHERE {beyond(question, after, given)}"
        wanted = f"SELECT * FROM found {going_on} {f'ORDER BY {order}' if order else ''} LIMIT %(limit)s"
        return _rows(self.ground, question, wanted, given)

    def most(self, question: UsageQuestion, limit: int | None = None) -> Sequence[UsageRow]:
        order = ", ".join(["tokens DESC", "calls DESC", *keys_of(question)])
        return _rows(
            self.ground, question, f"SELECT * FROM found ORDER BY {order} LIMIT %(limit)s", {"limit": limit}
        )

    def reach(self, question: UsageQuestion, limit: int) -> Reach:
        asked = (question, limit)
        if self._reached is None or self._reached[0] != asked:
            self._reached = asked, _reach(self.ground, question, limit)
        return self._reached[1]

    def first_days(self, question: UsageQuestion) -> Mapping[tuple[Any, ...], date]:
        keys, by_day = keys_of(question), _grouped_too(question, "day")
        grouped = f"GROUP BY {', '.join(keys)}" if keys else ""
        told = ", ".join([*keys, f"min(k{len(keys)})"])
        wanted = f"SELECT {told} FROM found WHERE calls > 0 {grouped}"
        return dict(_by_keys(_found(self.ground, by_day, wanted, measures=("calls",))))

    def adoption(self, question: UsageQuestion) -> Sequence[AdoptionWeek]:
        by_day = _grouped_too(question, "account", "day")
        given = {"began_on": question.since.astimezone(UTC).date()}
        return [AdoptionWeek(*row) for row in _found(self.ground, by_day, _ADOPTION, given, ("calls",))]

    def shared(
        self, question: UsageQuestion, portions: Sequence[Portion]
    ) -> Mapping[tuple[Any, ...], Decimal]:
        groups = ("account", "product", "token", "month")
        whose = frozenset(each.account for each in portions)
        accounts = whose if question.accounts is None else whose & question.accounts
        pieces = replace(_grouped_too(question, *groups), accounts=accounts, clock=Clock.RECORDED)
        since, until = months_around(question)
        whole = UsageQuestion(since, until, groups, accounts=accounts, clock=Clock.RECORDED)
        keys, count = [f"f.{key}" for key in keys_of(question)], len(question.groups)
        given: dict[str, Any] = {}
        wholes = statement_of(self.ground, whole, given, ("tokens",))
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
        return dict(_by_keys(_found(self.ground, pieces, statement, given, ("tokens",))))


_REACH = """
    , whole AS (SELECT {account} AS account, sum(tokens) AS tokens, sum({used}) AS used FROM found GROUP BY 1)
    SELECT 'key', {key}, NULL::uuid, count(*) FROM found WHERE calls > 0 GROUP BY {key}
    UNION ALL
    SELECT 'all', NULL, NULL, count(*) FROM whole WHERE used > 0
    UNION ALL
    (SELECT 'most', NULL, account, NULL FROM whole WHERE tokens > 0
     ORDER BY tokens DESC, used DESC, account LIMIT %(limit)s)
"""
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


def _grouped_too(question: UsageQuestion, *groups: str) -> UsageQuestion:
    """Told apart by these as well, the groups of time by days and months of UTC."""
    zone = "UTC" if {"day", "month"}.intersection(groups) else question.zone
    return replace(question, groups=(*question.groups, *groups), zone=zone)


def _by_keys(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each row's keys, and what stands after them; of no groups at all nothing where there is nothing."""
    return ((row[:-1], row[-1]) for row in rows if row[-1] is not None)


def _rows(ground: Ground, question: UsageQuestion, wanted: str, more: dict[str, Any]) -> Sequence[UsageRow]:
    count = len(question.groups)
    return [UsageRow(row[:count], *row[count:]) for row in _found(ground, question, wanted, more)]


def _reach(ground: Ground, question: UsageQuestion, limit: int) -> Reach:
    (key,), by_account = keys_of(question), _grouped_too(question, "account")
    used = "calls" if replace(question, groups=()).counts_items else "debits"
    statement = _REACH.format(key=key, account=keys_of(by_account)[-1], used=used)
    told: dict[str, list[Any]] = {"key": [], "all": [], "most": []}
    for part, *row in _found(ground, by_account, statement, {"limit": limit}, ("tokens", "calls", "debits")):
        told[part].append(row)
    accounts = sum(count for _, _, count in told["all"])
    return Reach(
        {each: count for each, _, count in told["key"]}, accounts, [each for _, each, _ in told["most"]]
    )


def _found(
    ground: Ground,
    question: UsageQuestion,
    wanted: str,
    more: Mapping[str, Any] | None = None,
    measures: Sequence[str] = MEASURES,
) -> list[Any]:
    """What a statement says of `found`, the sums that were asked for."""
    given = dict(more or {})
    statement = statement_of(ground, question, given, measures)
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"WITH found AS ({statement}) {wanted}", given)
        rows: list[Any] = cursor.fetchall()
        return rows
