"""Prices of one account's own hold from now or later, for usage of their time, and never touch the rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import InvalidRequest
from pricing.errors import InstantInThePast
from pricing.models import Version
from pricing.queries.pricebook import PriceBook, pricebook
from pricing.rules.tiers import Tier
from pricing.services import drafting, publishing
from usage.models import Override, Standing, TierCount
from usage.queries.explanations import explain
from usage.queries.pricelists import price_list
from usage.queries.receipts import receipt
from usage.services import own_prices
from usage.services.authors import Author
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account, clock
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
HALF = Decimal("0.5")


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 60 * DAY)


def a_customer(shop: Shop, **rate: Any) -> Account:
    table = shop.a_table(since=SPRING - 60 * DAY, **rate) if rate else shop.table
    account = an_account(SPRING - 50 * DAY, rate_table=table.code)
    a_grant(account, "10000", now=SPRING - 50 * DAY)
    return account


def own(account: Account, feature: str, kind: str, now: datetime = SPRING, **asked: Any) -> Override:
    order = OwnPriceOrder(feature, kind, **asked)
    return own_prices.override(account_id=account.pk, order=order, author=AUTHOR, now=now)


def reprice(table: Any, tokens: str, at: datetime | None) -> Version:
    draft = drafting.open_draft(table=table, based_on=table.versions.order_by("-number").first())
    rows = [replace(rate.row, tokens=Decimal(tokens)) for rate in draft.rates.all()]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    return publishing.publish(version=draft, moment=at)


class TestOverride:
    def test_prices_usage_of_its_time_alone_whenever_that_is_recorded(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, shop.chat, "multiplier", factor=HALF, effective_until=SPRING + 10 * DAY)

        costs = [
            shop.debit(acme, "10", at=SPRING + at, now=SPRING + 11 * DAY).tokens
            for at in (-HOUR, 0 * DAY, 10 * DAY - HOUR, 10 * DAY)
        ]

        assert costs == [10, 5, 5, 10]

    def test_ahead_prices_nothing_before_it_begins(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, shop.chat, "free", effective_from=SPRING + 5 * DAY)

        costs = [shop.debit(acme, "10", now=SPRING + at).tokens for at in (DAY, 5 * DAY)]

        assert costs == [10, 0]

    def test_is_followed_by_the_latest_and_ended_by_none(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, shop.chat, "multiplier", factor=HALF)
        own(acme, shop.chat, "fixed", SPRING + DAY, tokens=Decimal(3), per=Decimal(10))
        own(acme, shop.chat, "none", SPRING + 2 * DAY)

        costs = [shop.debit(acme, "10", now=SPRING + at).tokens for at in (HOUR, DAY + HOUR, 2 * DAY + HOUR)]

        assert costs == [5, 3, 10]

    def test_of_a_feature_comes_before_one_of_a_pattern(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, "*", "free")
        own(acme, shop.chat, "multiplier", factor=HALF)

        done = shop.debit(acme, "10", "10", features=(shop.chat, shop.image), now=SPRING + DAY)

        assert [line.tokens for line in done.lines] == [5, 0]

    def test_comes_after_tiers_and_before_the_minimum(self, shop: Shop) -> None:
        acme = a_customer(
            shop,
            tokens="2",
            tier_mode="graduated",
            tiers=(Tier(Decimal(100), Decimal(1)),),
            minimum=Decimal(4),
        )
        own(acme, shop.chat, "multiplier", factor=HALF)

        costs = [shop.debit(acme, units, now=SPRING + DAY).tokens for units in ("60", "60", "1")]

        assert costs == [60, 50, 4]

    def test_of_a_fixed_price_or_none_counts_units_all_the_same(self, shop: Shop) -> None:
        acme = a_customer(shop, tokens="2", tier_mode="package", per=Decimal(100), tiers=())
        own(acme, shop.chat, "fixed", tokens=Decimal(3))
        fixed = shop.debit(acme, "60", now=SPRING + DAY).tokens
        own(acme, shop.chat, "free", SPRING + 2 * DAY)
        free = shop.debit(acme, "40", now=SPRING + 2 * DAY).tokens

        assert (fixed, free) == (180, 0)
        assert TierCount.objects.get(account=acme).units == 100

    def test_stands_instead_of_a_formula(self, shop: Shop) -> None:
        acme = a_customer(shop, tokens="0", formula="ceil(quantity / 10) * 7")
        own(acme, shop.chat, "multiplier", factor=HALF)
        half = shop.debit(acme, "11", now=SPRING + DAY)
        own(acme, shop.chat, "fixed", SPRING + 2 * DAY, tokens=Decimal(2))
        fixed = shop.debit(acme, "11", now=SPRING + 2 * DAY)

        assert (half.tokens, fixed.tokens) == (7, 22)
        assert (half.lines[0].formula, fixed.lines[0].formula) == ("ceil(quantity / 10) * 7", "")
        assert [receipt(each.id).lines for each in (half, fixed)] == [half.lines, fixed.lines]

    def test_is_told_in_the_receipt_and_explained(self, shop: Shop) -> None:
        acme = a_customer(shop)
        made = own(acme, shop.chat, "multiplier", factor=HALF)

        done = shop.debit(acme, "10", now=SPRING + DAY)

        assert done.lines[0].unit_tokens == "0.5"
        assert done.lines[0].own is not None
        assert done.lines[0].own.id == made.pk
        assert receipt(done.id).lines == done.lines
        step = explain(done.id)["steps"][2]
        assert step["text"] == (
            f"{shop.chat}: (10 × 1 tokens) × 0.5, the account's own share = 5, rounded half_up to 5.000000."
        )
        assert step["agrees"]

    def test_of_some_dimensions_is_a_row_of_its_own_in_the_price_list(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, shop.chat, "fixed", tokens=HALF, dimensions={"region": "eu"})

        listed = price_list(acme.reference, SPRING + DAY).rows

        assert [
            (row["feature"], row["dimensions"], row["unit_tokens"], "override" in row) for row in listed
        ] == [
            (shop.chat, {}, "1", False),
            (shop.chat, {"region": "eu"}, "0.5", True),
            (shop.image, {}, "1", False),
        ]

    @pytest.mark.parametrize(
        ("asked", "pointer"),
        [
            ({"kind": "fixed"}, "/tokens"),
            ({"kind": "fixed", "tokens": Decimal(-1)}, "/tokens"),
            ({"kind": "free", "factor": HALF}, "/factor"),
            ({"kind": "multiplier", "factor": HALF, "tokens": HALF}, "/tokens"),
            ({"kind": "cheap"}, "/kind"),
            ({"kind": "free", "feature": "no good"}, "/feature"),
            ({"kind": "free", "effective_until": SPRING}, "/effective_until"),
        ],
    )
    def test_refuses_what_says_nothing_clear(self, shop: Shop, asked: dict[str, Any], pointer: str) -> None:
        acme = a_customer(shop)
        before = Standing.objects.get(account=acme).revision

        with pytest.raises(InvalidRequest) as refusal:
            own(acme, asked.pop("feature", shop.chat), **asked)

        assert [each.pointer for each in refusal.value.errors] == [pointer]
        assert not Override.objects.filter(account=acme).exists()
        assert Standing.objects.get(account=acme).revision == before

    def test_refuses_two_that_one_usage_could_match_with_equal_right(self, shop: Shop) -> None:
        acme = a_customer(shop)
        own(acme, shop.chat, "free", dimensions={"region": "eu"})

        with pytest.raises(InvalidRequest, match="equal right"):
            own(acme, shop.chat, "multiplier", factor=HALF, dimensions={"model": "large"})

        assert Override.objects.filter(account=acme).count() == 1

    def test_refuses_to_begin_in_the_past_or_without_a_reason(self, shop: Shop) -> None:
        acme = a_customer(shop)

        with pytest.raises(InstantInThePast):
            own(acme, shop.chat, "free", effective_from=SPRING - HOUR)
        with pytest.raises(InvalidRequest, match="needs a reason"):
            own_prices.override(
                account_id=acme.pk, order=OwnPriceOrder(shop.chat, "free"), author=Author("me"), now=SPRING
            )

        assert not Override.objects.filter(account=acme).exists()


@pytest.mark.committed
class TestProcesses:
    def test_notice_an_override_that_another_made(self) -> None:
        shop = Shop()
        acme = shop.an_account()
        a_grant(acme, "1000")
        before = shop.debit(acme, "10").tokens
        order = OwnPriceOrder(shop.chat, "multiplier", factor=HALF)
        own_prices.override(account_id=acme.pk, order=order, author=AUTHOR)

        assert (before, shop.debit(acme, "10").tokens) == (10, 5)

    def test_find_the_version_kept_for_an_account_that_is_newer_than_their_prices(self) -> None:
        shop = Shop()
        acme, other = shop.an_account(), shop.an_account()
        for each in (acme, other):
            a_grant(each, "1000")
        shop.debit(other, "1")
        elsewhere = PriceBook()
        elsewhere.table(shop.table.pk)
        second = reprice(shop.table, "2", None)
        reprice(shop.table, "3", None)
        own_prices.keep_version(account_id=acme.pk, version=second, until=clock() + DAY, author=AUTHOR)
        pricebook()._tables[shop.table.pk] = elsewhere.table(shop.table.pk)

        assert shop.debit(acme, "10").tokens == 20

    def test_cross_into_an_override_that_begins_ahead(self) -> None:
        shop = Shop()
        acme = shop.an_account()
        a_grant(acme, "1000")
        order = OwnPriceOrder(shop.chat, "free", effective_from=clock() + DAY)
        own_prices.override(account_id=acme.pk, order=order, author=AUTHOR)

        assert shop.debit(acme, "10").tokens == 10
