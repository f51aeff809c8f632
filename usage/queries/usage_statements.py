"""Questions about usage as SQL: sums of days and of quarters of an hour, and lines where a bound cuts those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from usage.models import Series
from usage.queries.lines_of_usage import lines_of
from usage.rules.usage_asked import DIMENSION, TIMES, Clock, Part, Source, UsageQuestion, parts

MEASURES = ("quantity", "covered", "tokens", "cost", "uncosted", "calls", "refused")
"""What a row tells. A statement may be asked for some alone; `debits` are calls, each counted at its first item."""
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
_KINDS = {
    **dict.fromkeys(("feature", "product", "token"), ("bigint", "0")),
    **dict.fromkeys(("day", "month"), ("date", "'epoch'")),
    "account": ("uuid", "'00000000-0000-0000-0000-000000000000'"),
    "hour": ("timestamptz", "'epoch'"),
}
_SUMS = {Source.SLOTS: "usage_usageslot", Source.DAYS: "usage_usageday"}
_OWN = "LATERAL (SELECT {}) AS m"
_OF_TOTALS = "c.product_id, c.feature_id, c.unit_id, c.cost_currency"
_OF_LINES = f'{_OF_TOTALS}, c.dimensions, c."user", c.team'
# Both parts of the key: by the mix alone PostgreSQL would look through those of all accounts for each row.
_ALONE = (
    "AND (c.account_id, c.mix_id) IN (SELECT n.account_id, n.id FROM usage_usagemix AS n WHERE true {of})"
)
_AT = {Source.SLOTS: "c.slot_at", Source.LINES: "c.at"}


@dataclass(frozen=True, slots=True)
class Ground:
    """What all answers stand on. hours_since: before it only days are kept. currencies: rates to the reporting one."""

    hours_since: datetime
    currencies: Mapping[str, Decimal]


def keys_of(question: UsageQuestion) -> list[str]:
    """The columns of the question's groups."""
    return [f"k{n}" for n in range(len(question.groups))]


def beyond(question: UsageQuestion, keys: Sequence[Any], given: dict[str, Any]) -> str:
    """The condition that a row stands after these keys, in the order of the groups' keys, of which none is the last.

    keys: as a row told them, or as text. Adds its parameters to what is given.
    """
    ours, theirs = [], []
    for nth, (group, key) in enumerate(zip(question.groups, keys, strict=True)):
        kind, least = _KINDS.get(group, ("text", "''"))
        given[f"after{nth}"] = key
        there = f"%(after{nth})s::{kind}"
        ours += [f"k{nth} IS NULL", f"coalesce(k{nth}, {least})"]
        theirs += [f"{there} IS NULL", f"coalesce({there}, {least})"]
    return f"({', '.join(ours)}) > ({', '.join(theirs)})" if ours else "false"


def statement_of(
    ground: Ground, question: UsageQuestion, given: dict[str, Any], measures: Sequence[str] = MEASURES
) -> str | None:
    """The question as SQL; None where no time is asked about. Adds its parameters to what is given."""
    stretches = parts(question, ground.hours_since)
    if not stretches:
        return None
    given |= _given(ground, question)
    selected = [_stretch(question, part, n, measures, given) for n, part in enumerate(stretches)]
    keys = ", ".join(keys_of(question))
    sums = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in measures)
    some = " OR ".join(f"sum({each}) <> 0" for each in measures)
    grouped = f"GROUP BY {keys} HAVING {some}" if keys else ""
    return f"""SELECT {keys + "," if keys else ""} {sums} FROM ({" UNION ALL ".join(selected)}) AS part {grouped}"""


def _stretch(
    question: UsageQuestion, part: Part, nth: int, measures: Sequence[str], given: dict[str, Any]
) -> str:
    """Each row's keys and measures; cost in the reporting currency."""
    given |= {f"since{nth}": part.since, f"until{nth}": part.until}
    if part.source in _SUMS:
        source, keys, summed = _by_mix(question, part, nth, measures), _mixed_keys(question), measures
        filters = _of_mixes(question, "m")
    else:
        source = _as_they_are(question, part, nth)
        at = _at(part)
        keys = [_key(group, n, at) for n, group in enumerate(question.groups)]
        summed = [_column(question, each) for each in measures]
        filters = _of_mixes(question, "m") + _of_accounts(question)
    costs = "cost" in measures
    told = [f"{key} AS k{n}" for n, key in enumerate(keys)]
    for name, column in zip(measures, summed, strict=True):
        told.append(f"c.{column} * x.rate AS cost" if name == "cost" else f"c.{column} AS {name}")
    rates = "CROSS JOIN LATERAL unnest(%(codes)s::text[], %(rates)s::numeric[]) AS x (code, rate)"
    return f"""SELECT {", ".join(told)} FROM {source} {rates if costs else ""}
               WHERE {"x.code = m.cost_currency" if costs else "true"} {filters}"""


def _by_mix(question: UsageQuestion, part: Part, nth: int, measures: Sequence[str]) -> str:
    """Sums of one mix, over all accounts unless they are told apart: what a mix is of is looked up once for each.

    The identity of a mix follows from its content, whosever it is.
    """
    at = _at(part)
    times = [(n, _key(group, n, at)) for n, group in enumerate(question.groups) if group in TIMES]
    by_account = "account" in question.groups
    whose = "c.account_id" if by_account else "any_value(c.account_id)"
    columns = [f"{whose} AS account_id", "c.mix_id", *(f"{key} AS t{n}" for n, key in times)]
    columns += [f"sum(c.{_column(question, each)}) AS {each}" for each in measures]
    grouped = ["c.mix_id", *(["c.account_id"] if by_account else []), *(f"t{n}" for n, _ in times)]
    few = question.features is not None or question.dimensions
    alone = _ALONE.format(of=_of_mixes(question, "n")) if few else ""
    return f"""(SELECT {", ".join(columns)} FROM {_SUMS[part.source]} AS c
                WHERE c.series = %(series)s AND {_within(part, nth)} {_of_accounts(question)} {alone}
                GROUP BY {", ".join(grouped)}) AS c
               JOIN usage_usagemix AS m ON m.account_id = c.account_id AND m.id = c.mix_id"""


def _as_they_are(question: UsageQuestion, part: Part, nth: int) -> str:
    if part.source is Source.LINES:
        return f"({lines_of(question.clock, nth)}) AS c, {_OWN.format(_OF_LINES)}"
    totals = f"SELECT * FROM usage_usagetotal AS c WHERE c.series = %(series)s AND {_within(part, nth)}"
    return f"({totals}) AS c, {_OWN.format(_OF_TOTALS)}"


def _column(question: UsageQuestion, measure: str) -> str:
    if measure == "debits":
        return "calls"
    return "items" if measure == "calls" and question.counts_items else measure


def _at(part: Part) -> str:
    return _AT.get(part.source, "(c.day::timestamp AT TIME ZONE %(zone)s)")


def _within(part: Part, nth: int) -> str:
    if part.source is Source.SLOTS:
        return f"c.slot_at >= %(since{nth})s AND c.slot_at < %(until{nth})s"
    bounds = [f"(%({name}{nth})s::timestamptz AT TIME ZONE 'UTC')::date" for name in ("since", "until")]
    return f"c.day >= {bounds[0]} AND c.day < {bounds[1]}"


def _mixed_keys(question: UsageQuestion) -> list[str]:
    """The keys of what was summed by mix, whose times are told already."""
    return [f"c.t{n}" if group in TIMES else _key(group, n, "") for n, group in enumerate(question.groups)]


def _key(group: str, nth: int, at: str) -> str:
    if group == "hour":
        return f"date_trunc('hour', {at}, %(zone)s)"
    if group in TIMES:
        return f"date_trunc('{group}', {at} AT TIME ZONE %(zone)s)::date"
    if group.startswith(DIMENSION):
        return f"m.dimensions->>%(dimension{nth})s"
    return _KEYS[group]


def _of_accounts(question: UsageQuestion) -> str:
    return "" if question.accounts is None else " AND c.account_id = ANY (%(accounts)s)"


def _of_mixes(question: UsageQuestion, mix: str) -> str:
    """Conditions on what usage is of, each after an AND."""
    found = [
        f"{mix}.{name[:-1]}_id = ANY (%({name})s)"
        for name in ("products", "features", "units")
        if getattr(question, name) is not None
    ]
    if question.dimensions:
        found.append(f"{mix}.dimensions @> %(carried)s")
    return "".join(f" AND {each}" for each in found)


def _given(ground: Ground, question: UsageQuestion) -> dict[str, Any]:
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
