"""One order of resolution: table by terms, segment or default; version kept or in force; the account's own price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

import pytest

from pricing.models import RateTable, Version
from pricing.services import drafting, publishing
from usage.queries.pricelists import price_list
from usage.rules.orders import Item, QuoteOrder
from usage.services import metering, own_prices, segments, terms
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, an_account, named
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
BY_TERMS, BY_SEGMENT, BY_EMPTY_SEGMENT, BY_DEFAULT = (
    "own table",
    "segment",
    "segment without table",
    "default",
)
OWN = {
    "none": None,
    "fixed": OwnPriceOrder("*", "fixed", tokens=Decimal("0.5")),
    "multiplier": OwnPriceOrder("*", "multiplier", factor=Decimal("0.1")),
    "free": OwnPriceOrder("*", "free"),
}


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


def a_customer(town: Town, who: str) -> Account:
    paying = named("paying")
    empty = named("empty")
    for code in (paying, empty):
        segments.create_segment(code=code)
    segment = segments.Segment.objects.get(code=paying)
    segments.move_segment(segment=segment, table=town.tables["segment"], author=AUTHOR, now=SPRING - 25 * DAY)
    terms.set_default(table_id=town.tables["default"].pk, now=SPRING - 15 * DAY)
    asked = {
        BY_TERMS: {"rate_table": town.tables["own"].code},
        BY_SEGMENT: {"segment": paying},
        BY_EMPTY_SEGMENT: {"segment": empty},
        BY_DEFAULT: {},
    }[who]
    account = an_account(SPRING, **asked)
    a_grant(account, "1000", now=SPRING)
    return account


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "is_kept", "own"),
    tuple(product((BY_TERMS, BY_SEGMENT, BY_EMPTY_SEGMENT, BY_DEFAULT), (False, True), OWN)),
)
def test_debit_quote_and_price_list_agree_on_what_an_account_pays(who: str, is_kept: bool, own: str) -> None:
    town = a_town()
    customer = a_customer(town, who)
    name = {BY_TERMS: "own", BY_SEGMENT: "segment"}.get(who, "default")
    if is_kept:
        own_prices.keep_version(
            account_id=customer.pk,
            version=town.first[name],
            until=SPRING + 90 * DAY,
            author=AUTHOR,
            now=SPRING,
        )
    if (order := OWN[own]) is not None:
        own_prices.override(account_id=customer.pk, order=order, author=AUTHOR, now=SPRING)

    price = {"own": 1, "segment": 3, "default": 5}[name] + (not is_kept)
    expected = {"none": 10 * price, "fixed": 5, "multiplier": price, "free": 0}[own]
    asked = QuoteOrder(
        customer.reference,
        town.shop.product.pk,
        (Item(town.shop.chat, Decimal(10), {}),),
        received_at=SPRING + DAY,
        now=SPRING + DAY,
    )
    assert metering.quote(asked).tokens == expected
    assert town.shop.debit(customer, "10", now=SPRING + DAY).tokens == expected
    listed = price_list(customer.reference, SPRING + DAY)
    assert listed.head["table"] == town.tables[name].code
    row = next(each for each in listed.rows if each["feature"] == town.shop.chat)
    assert Decimal(row["unit_tokens"]) * 10 == expected
