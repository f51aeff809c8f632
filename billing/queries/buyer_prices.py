"""The price list that an account sees, and how it is to change: all that is published or set already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.kernel.errors import NoRate
from pricing.models import RateTable, Version
from usage.models import DefaultTerms, Override, PriceLock, SegmentTerms
from usage.queries.pricelists import price_list
from usage.queries.terms import own_terms, scheduled_terms, table_at
from wallets.models import Account

MOST_CHANGES = 12
"""Instants at which the list may change that are looked at, the next first."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One price before and after; either is none where it comes or goes."""

    feature: str
    name: str
    dimensions: Mapping[str, str]
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class Coming:
    """What changes at an instant. is_none: nothing is priced from then on."""

    at: datetime
    changes: Sequence[Change]
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """token: the unit; empty where nothing is priced. rows: as `usage.queries.pricelists` tells them."""

    token: str
    rows: Sequence[Row]
    coming: Sequence[Coming]


def prices_of(account: Account, now: datetime) -> Prices:
    """The list now, and the changes ahead."""
    head, rows = _list(account, now)
    coming, before = [], rows
    for at in sorted(set(_instants(account, now)))[:MOST_CHANGES]:
        _, after = _list(account, at)
        changes = _changes(before, after)
        if changes:
            coming.append(Coming(at, changes, not after))
        before = after
    return Prices(head.get("token", ""), rows, coming)


def _list(account: Account, at: datetime) -> tuple[Row, Sequence[Row]]:
    try:
        found = price_list(account.reference, at)
    except NoRate:
        return {}, []
    return found.head, found.rows


def _instants(account: Account, now: datetime) -> Iterator[datetime]:
    """When the account's list may change: it pays by another table, a version or a price of its own begins or ends."""
    own = own_terms(account.pk, now)
    turns = [each.effective_from for each in scheduled_terms(account.pk, now)]
    turns += DefaultTerms.objects.filter(effective_from__gt=now).values_list("effective_from", flat=True)
    if own is not None and own.segment_id:
        ahead = SegmentTerms.objects.filter(segment=own.segment_id, effective_from__gt=now)
        turns += ahead.values_list("effective_from", flat=True)
    instants = [each for each in turns if each is not None]
    yield from instants
    tables: list[RateTable | None] = [table_at(account.pk, at) for at in (now, *instants)]
    ids = {table.pk for table in tables if table is not None}
    ahead_of_tables = Version.objects.filter(table__in=ids).scheduled(now)
    yield from (each.effective_from for each in ahead_of_tables if each.effective_from is not None)
    for model in (Override, PriceLock):
        for dates in model.objects.filter(account=account).values_list("effective_from", "effective_until"):
            yield from (each for each in dates if each is not None and each > now)


def _changes(before: Sequence[Row], after: Sequence[Row]) -> list[Change]:
    old, new = ({_key(row): row for row in rows} for rows in (before, after))
    found = []
    for key in dict.fromkeys([*old, *new]):
        one, other = old.get(key), new.get(key)
        if one is None or other is None or _price(one) != _price(other):
            told = other or one or {}
            found.append(Change(key[0], told["name"] or key[0], told["dimensions"], one, other))
    return found


def _key(row: Row) -> tuple[str, tuple[tuple[str, str], ...]]:
    return row["feature"], tuple(sorted(row["dimensions"].items()))


def _price(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("name", "unit", "override")}
