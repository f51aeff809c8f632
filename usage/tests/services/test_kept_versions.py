"""An account stays on a version that has begun, for usage until an instant, while it pays by that table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import InvalidRequest
from pricing.models import Version
from pricing.services import drafting, publishing
from usage.errors import VersionNotBegun
from usage.models import PriceLock
from usage.queries.pricelists import price_list
from usage.services import own_prices, terms
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, an_account
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 60 * DAY)


def a_customer(shop: Shop, **rate: Any) -> Account:
    table = shop.a_table(since=SPRING - 60 * DAY, **rate) if rate else shop.table
    account = an_account(SPRING - 50 * DAY, rate_table=table.code)
    a_grant(account, "10000", now=SPRING - 50 * DAY)
    return account


def reprice(table: Any, tokens: str, at: datetime | None) -> Version:
    draft = drafting.open_draft(table=table, based_on=table.versions.order_by("-number").first())
    rows = [replace(rate.row, tokens=Decimal(tokens)) for rate in draft.rates.all()]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    return publishing.publish(version=draft, moment=at)


class TestKeepVersion:
    def test_stays_on_a_version_for_usage_until_its_end(self, shop: Shop) -> None:
        acme = a_customer(shop, tokens="1")
        table = terms.own_terms(acme.pk, SPRING).table  # type: ignore[union-attr]
        first = table.versions.get()  # type: ignore[union-attr]
        own_prices.keep_version(
            account_id=acme.pk, version=first, until=SPRING + 10 * DAY, author=AUTHOR, now=SPRING
        )
        reprice(table, "2", SPRING + DAY)
        reprice(table, "3", SPRING + 2 * DAY)

        costs = [shop.debit(acme, "1", now=SPRING + at).tokens for at in (3 * DAY, 10 * DAY)]

        assert costs == [1, 3]
        assert price_list(acme.reference, SPRING + 3 * DAY).head["version"] == 1

    def test_is_let_go_from_now_on(self, shop: Shop) -> None:
        acme = a_customer(shop, tokens="1")
        table = terms.own_terms(acme.pk, SPRING).table  # type: ignore[union-attr]
        first = table.versions.get()  # type: ignore[union-attr]
        own_prices.keep_version(
            account_id=acme.pk, version=first, until=SPRING + 90 * DAY, author=AUTHOR, now=SPRING
        )
        reprice(table, "2", SPRING + DAY)
        own_prices.let_go(account_id=acme.pk, table_id=table.pk, author=AUTHOR, now=SPRING + 3 * DAY)  # type: ignore[union-attr]

        late = shop.debit(acme, "1", at=SPRING + 2 * DAY, now=SPRING + 4 * DAY).tokens
        after = shop.debit(acme, "1", now=SPRING + 4 * DAY).tokens

        assert (late, after) == (1, 2)

    def test_holds_only_while_the_account_pays_by_that_table(self, shop: Shop) -> None:
        acme = a_customer(shop, tokens="1")
        table = terms.own_terms(acme.pk, SPRING).table  # type: ignore[union-attr]
        own_prices.keep_version(
            account_id=acme.pk,
            version=table.versions.get(),  # type: ignore[union-attr]
            until=SPRING + 90 * DAY,
            author=AUTHOR,
            now=SPRING,
        )
        other = shop.a_table(tokens="7", since=SPRING - DAY)
        asked = terms.Enrolment(rate_table=other.code)
        terms.enrol(reference=acme.reference, asked=asked, author=AUTHOR, now=SPRING + DAY)

        assert shop.debit(acme, "1", now=SPRING + 2 * DAY).tokens == 7

    def test_refuses_a_version_that_waits_for_its_start(self, shop: Shop) -> None:
        acme = a_customer(shop)
        draft = drafting.draft_from(version=shop.table.versions.get())
        ahead = publishing.publish(version=draft, effective_from=SPRING + 5 * DAY, moment=SPRING)

        with pytest.raises(VersionNotBegun):
            own_prices.keep_version(
                account_id=acme.pk, version=ahead, until=SPRING + 9 * DAY, author=AUTHOR, now=SPRING
            )

        assert not PriceLock.objects.filter(account=acme).exists()

    def test_refuses_a_draft_and_an_end_before_its_start(self, shop: Shop) -> None:
        acme = a_customer(shop)
        draft = drafting.draft_from(version=shop.table.versions.get())

        with pytest.raises(VersionNotBegun):
            own_prices.keep_version(
                account_id=acme.pk, version=draft, until=SPRING + DAY, author=AUTHOR, now=SPRING
            )
        with pytest.raises(InvalidRequest):
            own_prices.keep_version(
                account_id=acme.pk,
                version=shop.table.versions.get(number=1),
                until=SPRING,
                author=AUTHOR,
                now=SPRING,
            )

        assert not PriceLock.objects.filter(account=acme).exists()
