"""Questions about usage: what the tables of sums answer is what the rows come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from usage.models import Series, UsageSlot
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import DIMENSION, WORDS, Clock, UsageQuestion, UsageRow
from usage.tests.made import DAY, Shop, clock
from usage.tests.remembering import forget_what_is_remembered
from usage.tests.rolled import MEASURES, Cells, cells_of_rows, roll_up
from usage.tests.rolled_life import Life
from wallets.models import Currency

Told = dict[tuple[Any, ...], list[Decimal]]
GROUPS = (*WORDS, f"{DIMENSION}model", f"{DIMENSION}region")
ZONES = ("UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe")
TOLD = ("quantity", "covered", "tokens", "cost", "uncosted", "calls", "refused")
SERIES = {
    (Clock.OCCURRED, False): Series.OCCURRED,
    (Clock.RECORDED, False): Series.RECORDED,
    (Clock.OCCURRED, True): Series.OCCURRED_BY_SUBJECT,
    (Clock.RECORDED, True): Series.RECORDED_BY_SUBJECT,
}


@pytest.fixture(scope="module")
def lived(own_database: None, django_db_blocker: Any) -> Iterator[dict[UUID, Cells]]:
    """What six accounts used in two lives, by the rows; all of it is rolled up, and there is nobody else."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        lives = [Life(Shop(), Random(seed)) for seed in (1, 2)]
        for life in lives:
            for _ in range(60):
                life.act()()
        roll_up()
        yield {
            account.pk: cells_of_rows(account.pk, by_instant=True)
            for life in lives
            for account in life.accounts
        }
        forget_what_is_remembered()


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A question, whose accounts and features are told by their places. near: bounds beside instants of usage."""
    near = st.none() | st.tuples(st.integers(0, 500), st.sampled_from((-1, 0, 1)))
    since = draw(st.integers(0, 36 * 24 * 60))
    return {
        "since": since,
        "near": (draw(near), draw(near)),
        "length": draw(st.integers(1, 36 * 24 * 60)),
        "groups": draw(st.lists(st.sampled_from(GROUPS), max_size=4, unique=True)),
        "accounts": draw(st.none() | st.frozensets(st.integers(0, 5))),
        "features": draw(st.none() | st.frozensets(st.integers(0, 3))),
        "dimensions": draw(st.sampled_from(({}, {"model": "m-1"}, {"region": "eu"}))),
        "clock": draw(st.sampled_from(Clock)),
        "zone": draw(st.sampled_from(ZONES)),
    }


def asked(given: dict[str, Any], lived: dict[UUID, Cells]) -> UsageQuestion:
    accounts, features = list(lived), sorted({mix[1] for cells in lived.values() for _, _, *mix in cells})
    since = clock() - 36 * DAY + timedelta(minutes=given["since"])
    who = None if given["accounts"] is None else frozenset(accounts[n] for n in given["accounts"])
    what = None if given["features"] is None else frozenset(features[n] for n in given["features"])
    words = {name: given[name] for name in ("groups", "dimensions", "clock", "zone")}
    instants = sorted({at for cells in lived.values() for _, at, *_ in cells})
    first, last = (
        near and instants[near[0] % len(instants)] + timedelta(microseconds=near[1]) for near in given["near"]
    )
    since = first or since
    until = last if last and last > since else since + timedelta(minutes=given["length"])
    return UsageQuestion(since, until, accounts=who, features=what, **words)


def added_up(question: UsageQuestion, lived: dict[UUID, Cells]) -> Told:
    """The answer, from debits, reversals and refusals."""
    rates = {"": Decimal(1)} | dict(Currency.objects.values_list("code", "reporting_rate"))
    series = SERIES[question.clock, question.is_by_subject]
    found: Told = defaultdict(lambda: [Decimal(0)] * len(TOLD))
    for account, cells in lived.items():
        for (of, at, *mix), figures in cells.items():
            if of != series or not asks(question, account, at, mix):
                continue
            sums = dict(zip(MEASURES, figures, strict=True))
            sums |= {"cost": sums["cost"] * rates[mix[3]]}
            sums |= {"calls": sums["items"]} if question.counts_items else {}
            row = found[tuple(key(group, question.zone, account, at, mix) for group in question.groups)]
            for place, name in enumerate(TOLD):
                row[place] += sums[name]
    if not question.groups:
        return {(): found[()]}
    return {keys: row for keys, row in found.items() if any(row)}


def asks(question: UsageQuestion, account: UUID, at: datetime, mix: list[Any]) -> bool:
    """Whether the question is about this instant of this mix."""
    return (
        question.since <= at < question.until
        and (question.accounts is None or account in question.accounts)
        and (question.features is None or mix[1] in question.features)
        and set(question.dimensions.items()) <= set(mix[4])
    )


def key(group: str, zone: str, account: UUID, at: datetime, mix: list[Any]) -> Any:
    there = at.astimezone(ZoneInfo(zone))
    product, feature, unit, _, dimensions, user, team = mix
    keys = {
        "feature": feature or None,
        "product": product,
        "token": unit or None,
        "account": account,
        "subject.user": user,
        "subject.team": team,
        "hour": there.replace(minute=0, second=0, microsecond=0).astimezone(UTC),
        "day": there.date(),
        "month": date(there.year, there.month, 1),
    }
    return keys[group] if group in keys else dict(dimensions).get(group.removeprefix(DIMENSION))


def told(rows: Sequence[UsageRow]) -> Told:
    return {row.keys: [Decimal(getattr(row, name)) for name in TOLD] for row in rows}


class TestRows:
    @settings(max_examples=150, deadline=None)
    @given(given=questions())
    def test_are_what_the_rows_come_to(self, lived: dict[UUID, Cells], given: dict[str, Any]) -> None:
        question = asked(given, lived)

        rows = usage_reader().rows(question)

        assert told(rows) == added_up(question, lived)
        assert len(rows) == len(told(rows))

    def test_come_in_the_order_of_their_keys_page_by_page(self, lived: dict[UUID, Cells]) -> None:
        question = UsageQuestion(clock() - 36 * DAY, clock() + DAY, ("day", "feature", "subject.user"))
        whole = usage_reader().rows(question)

        pages = [usage_reader().rows(question, limit=3)]
        while pages[-1]:
            pages.append(usage_reader().rows(question, limit=3, after=pages[-1][-1].keys))

        assert [row for page in pages for row in page] == list(whole)
        assert [row.keys[0] for row in whole] == sorted(row.keys[0] for row in whole)
        assert len(whole) > 6


@pytest.mark.django_db
def test_the_key_of_quarters_carries_all_that_is_summed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT array_agg(a.attname::text) FROM pg_index i
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
               WHERE i.indrelid = 'usage_usageslot'::regclass AND i.indisprimary"""
        )
        (columns,) = cursor.fetchone()

    assert set(columns) == {each.column for each in UsageSlot._meta.concrete_fields}
