"""What the pages of revenue say, beside an SQL of its own over the ledger's entries and what grants were sold for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from billing.services import recognising
from billing.tests.books_of_revenue import sell, wallets_of
from billing.tests.desks.asking import asked
from billing.tests.desks.cells import money, read
from billing.tests.desks.cells import rows_of as rows_of_page
from billing.tests.invoiced import SPRING, a_seller, a_spender, drafted, finalised
from pricing.queries.versions import rows_of
from pricing.rules.rows import RateRow
from pricing.services import drafting, publishing
from usage.rules.orders import OwnCost
from usage.services import granting, reversing
from usage.tests.made import DAY, Shop, a_call, a_grant, a_reversal
from wallets.models import Account, Currency
from wallets.services import ledger

pytestmark = pytest.mark.django_db
BEGUN = datetime(2001, 1, 5, tzinfo=UTC)
MONTHS = [date(2001, 1, 1), date(2001, 2, 1), date(2001, 3, 1)]

# A grant's tokens stand on a scale: spent from the left, expired from the right, taken back beyond that. Each place on
# it was paid for with the same share, rounded once.
_ENTRIES = """
    WITH sold AS (
        SELECT g.id, g.account_id, g.currency, g.tokens AS n, coalesce(s.paid, round(g.unit_cost * g.tokens, 2)) AS p
        FROM wallets_grant g LEFT JOIN billing_grantsale s ON s.grant_id = g.id
        WHERE g.unit_cost IS NOT NULL OR s.paid > 0
    ), entry AS (
        SELECT sold.*, e.number, e.kind, date_trunc('month', e.recorded_at AT TIME ZONE 'UTC')::date AS month,
               d.product_id AS product,
               CASE WHEN e.kind IN ('draw', 'late_draw', 'repay') THEN e.amount
                    WHEN e.kind = 'restore' THEN -e.amount ELSE 0 END AS used,
               CASE e.kind WHEN 'expire' THEN e.amount WHEN 'late_draw' THEN -e.amount ELSE 0 END AS lost,
               CASE e.kind WHEN 'void' THEN e.amount ELSE 0 END AS taken
        FROM sold JOIN wallets_entry e ON e.grant_id = sold.id AND e.account_id = sold.account_id
        LEFT JOIN usage_reversal v ON v.id = e.cause_id
        LEFT JOIN usage_debit d ON d.id = coalesce(v.debit_id, e.cause_id)
    ), moved AS (
        SELECT *, sum(used) OVER running AS spent, sum(lost) OVER running AS gone, sum(taken) OVER running AS voided
        FROM entry WINDOW running AS (PARTITION BY id ORDER BY number)
    ), scale AS (
        SELECT *, CASE kind WHEN 'grant' THEN p ELSE 0 END AS paid, round(p * spent / n, 2) AS earned,
               round(p * (n - voided - gone) / n, 2) AS alive, round(p * (n - voided) / n, 2) AS kept
        FROM moved
    ), step AS (
        SELECT id, account_id, month, currency, product, paid, used,
               earned - lag(earned, 1, 0) OVER each AS recognised,
               (kept - alive) - lag(kept - alive, 1, 0) OVER each AS breakage,
               (p - kept) - lag(p - kept, 1, 0) OVER each AS refunded,
               paid - (earned + p - alive) + lag(earned + p - alive, 1, 0) OVER each AS deferred
        FROM scale WINDOW each AS (PARTITION BY id ORDER BY number)
    )
"""
_MONTHS = """
    SELECT month, currency, sum(paid), sum(recognised), sum(breakage), sum(refunded),
           sum(sum(deferred)) OVER (PARTITION BY currency ORDER BY month)
    FROM step GROUP BY month, currency
"""
_PRODUCTS = """
    SELECT month, currency, f.name, sum(recognised) FROM step JOIN pricing_product f ON f.id = step.product
    GROUP BY 1, 2, 3 HAVING sum(recognised) <> 0
"""
_GRANTS = """
    SELECT a.reference, coalesce(f.name, ''), sum(s.paid), sum(recognised), sum(breakage), sum(refunded), sum(deferred),
           sum(used)
    FROM step s JOIN wallets_account a ON a.id = s.account_id LEFT JOIN pricing_product f ON f.id = s.product
    WHERE month = '{month}' AND s.currency = '{currency}' GROUP BY s.id, a.reference, f.name
"""
# Of what a debit cost, what its free tokens are of all of its tokens.
_FREE_COSTS = """
    SELECT date_trunc('month', e.recorded_at AT TIME ZONE 'UTC')::date, g.kind, l.cost_currency,
           round(sum(l.cost * e.amount / d.tokens), 6)
    FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id AND g.unit_cost IS NULL
    JOIN usage_debit d ON d.id = e.cause_id JOIN usage_debitline l ON l.debit_id = d.id
    WHERE e.kind = 'draw' AND g.kind = 'trial' GROUP BY 1, 2, 3
"""
_FREE = """
    SELECT date_trunc('month', e.recorded_at AT TIME ZONE 'UTC')::date, f.name, g.kind,
           sum(CASE e.kind WHEN 'draw' THEN e.amount ELSE -e.amount END)
    FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id AND g.unit_cost IS NULL
    LEFT JOIN billing_grantsale s ON s.grant_id = g.id
    LEFT JOIN usage_reversal v ON v.id = e.cause_id
    JOIN usage_debit d ON d.id = coalesce(v.debit_id, e.cause_id) JOIN pricing_product f ON f.id = d.product_id
    WHERE e.kind IN ('draw', 'restore') AND s.paid IS NULL GROUP BY 1, 2, 3
"""


@pytest.fixture
def customers(db: None) -> list[Account]:
    """Three months of two customers, who pay in two currencies for the tokens of two products."""
    Currency.objects.get_or_create(code="SEK", defaults={"reporting_rate": Decimal("0.1")})
    chat, other = Shop(since=BEGUN - 2 * DAY), Shop(since=BEGUN - 2 * DAY)
    draft = drafting.draft_from(version=chat.table.versions.get())
    rows = [*rows_of(draft), RateRow(other.chat, Decimal(1))]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    publishing.publish(version=draft, moment=BEGUN - DAY)
    one = chat.an_account(BEGUN)
    two = chat.an_account(BEGUN)
    sell(one, "700", "99.99", now=BEGUN, expires_at=BEGUN + 40 * DAY)
    sell(one, "90", "7.77", now=BEGUN + DAY, priority=60)
    returned = sell(one, "30", "10", now=BEGUN + DAY, priority=90)
    priced = {"unit_cost": Decimal("0.333"), "currency": "SEK"}
    a_grant(two, "400", kind="purchase", now=BEGUN, **priced)
    a_grant(two, "25", now=BEGUN, priority=1)
    for place, days in enumerate((1, 9, 20, 29, 37, 61)):
        now = BEGUN + days * DAY
        chat.debit(one, f"{11 + place}.5", now=now)
        used = chat.debit(two, f"{7 + place}", now=now, costs=(OwnCost(Decimal("0.21"), "USD"),))
        other.debit(one, "3.25", now=now + timedelta(hours=1))
    reversing.reverse(a_reversal(used, "4", BEGUN + 70 * DAY))
    granting.void(grant_id=returned.pk, reason="", call=a_call(now=BEGUN + 30 * DAY))
    ledger.expire(account_id=one.pk, now=BEGUN + 41 * DAY)
    chat.debit(one, "5", at=BEGUN + 39 * DAY, now=BEGUN + 41 * DAY)
    recognising.reckon_wallets([(each.account_id, each.pk) for each in wallets_of(one, two)])
    return [one, two]


class TestMonths:
    def test_are_what_the_entries_of_the_ledger_come_to(
        self, finance: Client, customers: list[Account]
    ) -> None:
        told = []
        for month in MONTHS:
            found = finance.get(f"/admin/billing/revenuemonth/{month:%Y-%m}/").context["figures"]
            told += [
                (month, e.currency, e.paid, e.recognised, e.breakage, e.refunded, e.owed)
                for e in found.currencies
            ]

        assert sorted(told) == sorted(asked(_ENTRIES + _MONTHS))

    def test_tell_by_product_what_was_recognised(self, finance: Client, customers: list[Account]) -> None:
        told = []
        for month in MONTHS:
            found = finance.get(f"/admin/billing/revenuemonth/{month:%Y-%m}/").context["figures"]
            told += [(month, e.currency, *each) for e in found.currencies for each in e.by_product.items()]

        assert sorted(told) == sorted(asked(_ENTRIES + _PRODUCTS))
        assert len(told) > 1

    @pytest.mark.parametrize("month", MONTHS)
    @pytest.mark.parametrize("currency", ["USD", "SEK"])
    def test_tell_grant_by_grant_what_it_moved(
        self, finance: Client, customers: list[Account], month: date, currency: str
    ) -> None:
        page = finance.get(f"/admin/billing/revenuemonth/{month:%Y-%m}/grants/{currency}/")

        told = [(*row[2:8], row[8]) for row in rows_of_page(page) if len(row) == 9][1:]
        wanted = asked(_ENTRIES + _GRANTS.format(month=month, currency=currency))
        assert sorted(told) == sorted(
            (product or "–", *map(money, sums), read(used)) for _, product, *sums, used in wanted
        )
        assert told

    def test_tell_of_tokens_that_nobody_paid(self, finance: Client, customers: list[Account]) -> None:
        told = []
        for month in MONTHS:
            found = finance.get(f"/admin/billing/revenuemonth/{month:%Y-%m}/").context["figures"]
            told += [(month, each.product, each.kind, each.tokens) for each in found.free]

        assert sorted(told) == sorted(asked(_FREE))
        assert len(told) > 1

    def test_tell_what_free_tokens_cost_us(self, finance: Client, customers: list[Account]) -> None:
        told = []
        for month in MONTHS:
            found = finance.get(f"/admin/billing/revenuemonth/{month:%Y-%m}/").context["figures"]
            told += [(month, e.kind, *cost) for e in found.free for cost in e.costs.items()]

        assert sorted((*named, round(cost, 6)) for *named, cost in told) == sorted(asked(_FREE_COSTS))
        assert len(told) > 1

    def test_tell_of_overage_what_its_tokens_cost_by_the_rate(self, finance: Client) -> None:
        shop = Shop(since=SPRING - DAY)
        acme = a_spender(shop, "0.0137")
        a_seller()
        shop.debit(acme, "301", now=SPRING + DAY)
        used = shop.debit(acme, "99.5", now=SPRING + 2 * DAY)
        reversing.reverse(a_reversal(used, "50.25", SPRING + 3 * DAY))
        (draft,) = drafted(acme)
        finalised(draft.pk)
        recognising.reckon()

        found = finance.get("/admin/billing/revenuemonth/2026-03/").context["figures"].in_currency("USD")

        owed = "SELECT round(0.0137 * sum(CASE kind WHEN 'overage' THEN amount ELSE -amount END), 2)"
        of_acme = f"WHERE account_id = '{acme.pk}' AND kind IN ('overage', 'overage_reversal')"
        assert asked(f"{owed} FROM wallets_entry {of_acme}") == [(found.overage.earned,)]
