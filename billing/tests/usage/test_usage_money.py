"""What usage earned and cost, and the page as a whole: what books and ledger say, asked without the product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import GrantMonth
from billing.queries import usage_money, usage_report
from billing.queries.usage_prices import price_history
from billing.queries.usage_scope import Scope, scope_of
from billing.rules.usage_view import UsageView
from billing.services import recognising
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted, finalised
from billing.tests.usage.town import BOOKED, WITHIN, ZONE, Town, bounds, scope
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.tests.made import DAY, Shop, a_grant, clock
from usage.tests.rolled import roll_up

pytestmark = pytest.mark.committed
SHARE = Decimal("0.000001")


@pytest.fixture
def town() -> Town:
    return Town()


def recognised(town: Town, asked: Scope, key: str) -> Mapping[Any, Decimal]:
    """What the books recognised, shared out by tokens within account and month, by the ledger."""
    rows = town.ledger(
        f"""SELECT {key}, sum(booked.amount * of.tokens / whole.tokens) FROM
            (SELECT m.account_id, m.month, sum(m.recognised * c.reporting_rate) AS amount
             FROM billing_grantmonth m JOIN wallets_currency c ON c.code = m.currency
             WHERE m.product_id = %(product)s GROUP BY 1, 2) AS booked
            JOIN (SELECT account_id, date_trunc('month', recorded_at AT TIME ZONE 'UTC')::date AS month,
                         sum(tokens) AS tokens
                  FROM line GROUP BY 1, 2) AS whole USING (account_id, month)
            JOIN (SELECT account_id, date_trunc('month', recorded_at AT TIME ZONE 'UTC')::date AS month, feature_id,
                         dimensions->>'model' AS model, sum(tokens) AS tokens
                  FROM line WHERE {BOOKED} GROUP BY 1, 2, 3, 4) AS of USING (account_id, month)
            GROUP BY 1""",
        **bounds(asked),
    )
    return {name: amount.quantize(SHARE) for name, amount in rows}


def told(found: Mapping[Any, usage_money.Money]) -> dict[Any, Decimal]:
    return {key: each.revenue.quantize(SHARE) for (key,), each in found.items() if each.revenue}


class TestMoney:
    def test_shares_out_what_the_books_recognise(self, town: Town) -> None:
        asked = scope(town)
        parts = usage_money.portions(asked)

        by_feature = usage_money.money_by(asked, parts, "feature")
        by_model = usage_money.money_by(asked, parts, usage_money.by_dimension(asked))
        by_account = usage_money.money_by(asked, parts, "account", limit=2)

        assert told(by_feature) == recognised(town, asked, "of.feature_id")
        assert told(by_model) == recognised(town, asked, "of.model")
        in_books = recognised(town, asked, "account_id")
        assert told(by_account) == {key: in_books[key] for (key,) in by_account if key in in_books}

    def test_adds_up_to_the_books_over_whole_months(self, town: Town) -> None:
        first = (town.now - 100 * DAY).date().replace(day=1)
        asked = scope(town, zone="UTC", days=None, first=first, last=town.now.date())
        rows = GrantMonth.objects.filter(product=town.shop.product)
        rates = {"USD": Decimal(1), "SEK": Decimal("0.1")}
        booked = sum(each.recognised * rates[each.currency] for each in rows if each.recognised)

        money = usage_money.money_by(asked, usage_money.portions(asked))[()]

        assert booked > 0
        assert money.revenue.quantize(SHARE) == booked.quantize(SHARE)

    def test_takes_what_an_invoice_earned_of_overage(self) -> None:
        a_seller()
        shop = Shop(since=SPRING - DAY)
        account = a_spender(shop, "0.5", time_zone="UTC")
        shop.debit(account, "30", "10", features=(shop.chat, shop.image), now=SPRING + DAY)
        (draft,) = drafted(account, now=SPRING + 32 * DAY)
        finalised(draft.pk, now=SPRING + 33 * DAY)
        roll_up()
        march = {"days": None, "first": date(2026, 3, 1), "last": date(2026, 3, 31)}
        asked = scope_of(UsageView(product=shop.product.code, **march), clock())

        found = usage_money.money_by(asked, usage_money.portions(asked), "feature")

        assert [(each.tokens, each.revenue) for each in found.values()] == [(30, 15), (10, 5)]

    def test_sets_the_cost_against_it(self, town: Town) -> None:
        asked = scope(town)
        rows = town.ledger(
            f"SELECT feature_id, sum(cost), sum(tokens) FROM line WHERE {BOOKED} GROUP BY 1", **bounds(asked)
        )

        found = usage_money.money_by(asked, usage_money.portions(asked), "feature")

        assert {(key, each.cost, each.tokens) for (key,), each in found.items()} == set(rows)
        each = found[(town.chat.pk,)]
        assert each.margin == (each.revenue - each.cost) / each.revenue

    @pytest.mark.parametrize("limit", [1, 2, 50])
    def test_is_that_of_the_largest_accounts(self, town: Town, limit: int) -> None:
        asked = scope(town)
        parts = usage_money.portions(asked)

        found = usage_money.money_by(asked, parts, "account", limit=limit)

        assert list(found.items()) == list(usage_money.money_by(asked, parts, "account").items())[:limit]

    def test_says_nothing_of_a_margin_where_no_cost_is_known(self) -> None:
        assert usage_money.Money(revenue=Decimal(5), uncosted=Decimal(2)).margin is None
        assert usage_money.Money(revenue=Decimal(5)).margin == 1


class TestPrices:
    def test_are_told_before_and_after_a_version(self, town: Town) -> None:
        table = town.accounts[0].terms.get().table
        draft = drafting.open_draft(table=table)
        row = RateRow(town.shop.chat, Decimal(4), cost=Decimal("0.02"), cost_currency="SEK")
        drafting.replace_rates(draft=draft, rows=[row], revision=None)
        dearer = publishing.publish(version=draft, moment=town.now - timedelta(hours=23))
        town.shop.debit(town.accounts[0], "3", now=town.now - timedelta(hours=2))
        roll_up()
        asked = scope_of(town.view(), clock())
        rows = town.ledger(
            f"SELECT sum(quantity), sum(tokens), sum(cost) FROM line WHERE feature_id = %(feature)s AND {WITHIN}",
            **bounds(asked),
            feature=town.chat.pk,
        )

        history = price_history(asked, town.chat)

        assert [each.version for each in history.stretches] == [None, dearer]
        sold = [each.sold for each in history.stretches]
        assert (
            tuple(sum(getattr(each, name) for each in sold) for name in ("quantity", "tokens", "cost"))
            == rows[0]
        )
        assert (sold[1].quantity, sold[1].token_price, sold[1].unit_cost) == (3, 4, Decimal("0.002"))
        assert sold[1].margin_at(Decimal("0.5")) == (2 - Decimal("0.002")) / 2
        days = {day: (each.token_price, each.unit_cost) for day, each in history.days}
        early = (town.now - 12 * DAY).astimezone(ZoneInfo(ZONE)).date()
        assert days[early] == (2, Decimal("0.001"))


class TestReport:
    def test_asks_as_much_for_many_as_for_few(self, town: Town) -> None:
        usage_report.report(town.view(), clock(), with_money=True)
        with CaptureQueriesContext(connection) as few:
            usage_report.report(town.view(), clock(), with_money=True)
        for _ in range(4):
            account = town.shop.an_account(town.now - 90 * DAY)
            a_grant(account, "50", kind="purchase", unit_cost=Decimal(2), now=town.now - 80 * DAY)
            for days in (25, 15, 5):
                town.shop.debit(account, "1", dimensions={"model": f"m-{days}"}, now=town.now - days * DAY)
        recognising.reckon()
        roll_up()

        with CaptureQueriesContext(connection) as many:
            found = usage_report.report(town.view(), clock(), with_money=True)

        assert found.largest is not None
        assert found.largest.count == 7
        assert found.earned is not None
        assert len(found.earned.by_dimension) == 6
        assert len(many) == len(few) < 100

    def test_sums_money_by_feature_and_by_dimension(self, town: Town) -> None:
        asked = scope(town)
        parts = usage_money.portions(asked)

        earned = usage_report.report(town.view(), town.now, with_money=True).earned

        assert earned is not None
        assert {(key,): _rounded(each) for key, each in earned.by_feature.items()} == {
            keys: _rounded(each) for keys, each in usage_money.money_by(asked, parts, "feature").items()
        }
        model = usage_money.by_dimension(asked)
        assert [(name or None, _rounded(each)) for name, each in earned.by_dimension] == [
            (name, _rounded(each)) for (name,), each in usage_money.money_by(asked, parts, model).items()
        ]
        assert _rounded(earned.total) == _rounded(usage_money.money_by(asked, parts)[()])

    def test_leaves_money_to_those_who_may_see_it(self, town: Town) -> None:
        found = usage_report.report(town.view(), town.now, with_money=False)

        assert (found.earned, found.prices) == (None, None)
        assert found.total is not None
        assert found.total.tokens > 0


def _rounded(money: usage_money.Money) -> list[Decimal]:
    return [each.quantize(SHARE) for each in (money.tokens, money.revenue, money.cost, money.uncosted)]
