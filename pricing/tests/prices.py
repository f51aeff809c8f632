"""Price lists for tests: rows, tables and versions in a line each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from math import inf
from typing import Any

from django.contrib.auth.models import User

from pricing.models import Feature, Product, RateTable, ReviewRule, Version
from pricing.rules.rows import RateRow
from pricing.rules.seats import FIELDS as SEATS
from pricing.services import catalogue, drafting, publishing

_serial = count(1)

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = datetime(2026, 6, 1, tzinfo=UTC)
AUTUMN = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


def row(feature: str, tokens: str | int = 1, /, *, per: str | int = 1, **options: Any) -> RateRow:
    """A rate; words that are no field of a rate are its dimensions."""
    fields = {"minimum", "cost"}
    terms = {name: Decimal(options.pop(name)) for name in fields & options.keys()}
    labels = {
        name: options.pop(name)
        for name in ("rounding", "cost_currency", *SEATS, "product", "name", "unit")
        if name in options
    }
    return RateRow(feature, Decimal(tokens), Decimal(per), options, **terms, **labels)


def seconds_of(call: Callable[[], object]) -> float:
    """What one call takes: the best of many batches, so that a busy machine does not count."""
    best = inf
    for _ in range(30):
        started = time.perf_counter()
        for _ in range(30):
            call()
        best = min(best, (time.perf_counter() - started) / 30)
    return best


def a_code(word: str) -> str:
    """A code no other test uses."""
    return f"{word}-{next(_serial)}-{datetime.now(UTC).timestamp():.6f}"


def a_feature(code: str, unit: str = "token") -> Feature:
    product = Product.objects.filter(code="assistant").first()
    product = product or catalogue.create_product(code="assistant", name="Assistant")
    known = Feature.objects.filter(code=code).first()
    return known or catalogue.create_feature(product=product, code=code, unit=unit)


def a_table(code: str = "") -> RateTable:
    return catalogue.create_table(code=code or a_code("table"), token="AIT")


def a_draft(table: RateTable, rows: Sequence[RateRow]) -> Version:
    for code in {each.feature for each in rows if not each.is_pattern}:
        a_feature(code)
    draft = drafting.open_draft(table=table)
    return drafting.replace_rates(draft=draft, rows=rows, revision=None)


def a_draft_by(author: User | None, table: RateTable | None = None, tokens: str | int = 2) -> Version:
    """A draft of one price that somebody opened and wrote."""
    a_feature("chat")
    draft = drafting.open_draft(table=table or a_table(), user=author)
    return drafting.replace_rates(draft=draft, rows=[row("chat", tokens)], revision=None, user=author)


def published(table: RateTable, *rows: RateRow, moment: datetime | None = None, **options: Any) -> Version:
    return publishing.publish(version=a_draft(table, rows), moment=moment, **options)


def a_person(name: str = "mina") -> User:
    return User.objects.create(username=a_code(name))


def a_rule(kind: str, share: str | None = None, table: RateTable | None = None) -> ReviewRule:
    return ReviewRule.objects.create(kind=kind, share=None if share is None else Decimal(share), table=table)
