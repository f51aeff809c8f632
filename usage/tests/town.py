"""A town with every way of coming to a rate table, and a price that tells them apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pricing.models import RateTable, Version
from pricing.services import drafting, publishing
from usage.services import segments, terms
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, a_segment, an_account
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
BY_TERMS, BY_SEGMENT, BY_EMPTY_SEGMENT, BY_DEFAULT = (
    "own table",
    "segment",
    "segment without table",
    "default",
)
TABLE_OF = {BY_TERMS: "own", BY_SEGMENT: "segment", BY_EMPTY_SEGMENT: "default", BY_DEFAULT: "default"}
"""Which of the town's tables each way leads to."""


@dataclass(frozen=True)
class Town:
    """Three tables, each with a price of its own in its first version and one more in its second."""

    shop: Shop
    tables: dict[str, RateTable]
    first: dict[str, Version]


def a_town() -> Town:
    shop = Shop(since=SPRING - 30 * DAY)
    tables, first = {}, {}
    for place, name in enumerate(("own", "segment", "default")):
        table = shop.a_table(tokens=str(2 * place + 1), since=SPRING - 30 * DAY)
        first[name] = table.versions.get()
        draft = drafting.draft_from(version=first[name])
        rows = [replace(rate.row, tokens=rate.tokens + 1) for rate in draft.rates.all()]
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        publishing.publish(version=draft, moment=SPRING - 20 * DAY)
        tables[name] = table
    return Town(shop, tables, first)


def ways(town: Town) -> dict[str, dict[str, str | None]]:
    """What to ask of an account for each way of coming to a table; the default one is the town's."""
    paying, empty = a_segment(), a_segment()
    segments.move_segment(segment=paying, table=town.tables["segment"], author=AUTHOR, now=SPRING - 25 * DAY)
    terms.set_default(table_id=town.tables["default"].pk, now=SPRING - 15 * DAY)
    return {
        BY_TERMS: {"rate_table": town.tables["own"].code},
        BY_SEGMENT: {"segment": paying.code},
        BY_EMPTY_SEGMENT: {"segment": empty.code},
        BY_DEFAULT: {"rate_table": None},
    }


def a_customer(**asked: str | None) -> Account:
    account = an_account(SPRING, **asked)
    a_grant(account, "1000", now=SPRING)
    return account
