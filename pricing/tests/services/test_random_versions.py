"""Random publications, withdrawals and undoings against a plain list: which version is in force when, as known when."""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import connection

from config.kernel.errors import DomainError
from pricing.models import RateTable, Version
from pricing.queries.audit import PRICES
from pricing.queries.pricebook import PriceBook
from pricing.queries.versions import rows_of, version_in_force
from pricing.services import drafting, publishing
from pricing.tests.prices import SPRING, a_feature, a_table, row

SEED = int(os.environ.get("VERSIONS_SEED") or random.SystemRandom().randrange(10**9))
HOUR = timedelta(hours=1)
STEPS = 30


@dataclass
class Entry:
    number: int
    price: int
    begins: datetime
    published: datetime
    withdrawn: datetime | None = None


@dataclass
class Plain:
    """What was decided, in order. It knows nothing of ends: the entry begun last counts."""

    entries: list[Entry] = field(default_factory=list)

    def at(self, moment: datetime, known: datetime) -> Entry | None:
        told = [each for each in self.entries if each.published <= known and each.begins <= moment]
        told = [each for each in told if each.withdrawn is None or each.withdrawn > known]
        return max(told, key=lambda each: each.begins, default=None)

    def publish(self, price: int, begins: datetime, now: datetime) -> bool:
        taken = [each.begins for each in self.entries if each.withdrawn is None]
        if begins < now or begins in taken:
            return False
        self.entries.append(Entry(len(self.entries) + 1, price, begins, now))
        return True

    def withdraw(self, number: int, now: datetime) -> bool:
        entry = self.entries[number - 1]
        if entry.withdrawn is not None or entry.begins <= now:
            return False
        entry.withdrawn = now
        return True

    def undo(self, now: datetime) -> bool:
        live = self.at(now, now)
        if live is None:
            return False
        earlier = [each for each in self.entries if each.withdrawn is None and each.begins < live.begins]
        if not earlier:
            return False
        former = max(earlier, key=lambda each: each.begins)
        return self.publish(former.price, now, now)


def done(act: object) -> bool:
    try:
        act()  # type: ignore[operator]
    except DomainError:
        return False
    return True


def publish(table: RateTable, price: int, begins: datetime, now: datetime) -> None:
    draft = drafting.open_draft(table=table)
    drafting.replace_rates(draft=draft, rows=[row("chat", price)], revision=None)
    try:
        publishing.publish(version=draft, effective_from=begins, moment=now)
    except DomainError:
        drafting.discard(draft=draft)
        raise


def step(dice: random.Random, table: RateTable, plain: Plain, now: datetime) -> tuple[bool, bool]:
    """One deed on both sides; whether each did it."""
    deed = dice.choices(("publish", "withdraw", "undo"), (5, 4, 2))[0]
    if deed == "publish":
        price, begins = dice.randint(1, 99), now + dice.randint(-1, 8) * HOUR
        return plain.publish(price, begins, now), done(lambda: publish(table, price, begins, now))
    if deed == "undo":
        live = version_in_force(table.pk, now)
        happened = live is not None and done(lambda: publishing.undo(version=live, moment=now))
        return plain.undo(now), happened
    if not plain.entries:
        return False, False
    number = dice.randint(1, len(plain.entries))
    version = Version.objects.get(table=table, number=number)
    return plain.withdraw(number, now), done(lambda: publishing.withdraw(version=version, moment=now))


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(8))
def test_are_in_force_when_the_plain_list_says_so(part: int, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"VERSIONS_SEED={SEED}\n" if part == 0 else "")
    dice, table, plain, now = random.Random(SEED + part), a_table(), Plain(), SPRING
    a_feature("chat")
    seen: list[tuple[datetime, dict[datetime, int | None]]] = []

    for _ in range(STEPS):
        now += dice.choice((HOUR / 2, HOUR, 2 * HOUR))
        expected, happened = step(dice, table, plain, now)
        assert happened == expected
        moments = [now + hours * HOUR / 2 for hours in range(-10, 20)]
        book = PriceBook().table(table.pk)
        told = {at: book.at(at) for at in moments}
        numbers = {at: version and version.number for at, version in told.items()}
        wanted = {at: plain.at(at, now) for at in moments}
        assert numbers == {at: entry and entry.number for at, entry in wanted.items()}
        for at in dice.sample(moments, 3):
            version = version_in_force(table.pk, at)
            assert (version and version.number) == numbers[at]
        seen.append((now, numbers))

    for known, numbers in seen:
        again = {at: plain.at(at, known) for at in numbers}
        assert {at: entry and entry.number for at, entry in again.items()} == numbers
    prices = {version.number: rows_of(version)[0].tokens for version in table.versions.all()}
    assert prices == {entry.number: entry.price for entry in plain.entries}
    for check in PRICES:
        with connection.cursor() as cursor:
            cursor.execute(check.sql)
            assert (check.name, cursor.fetchall()) == (check.name, [])
