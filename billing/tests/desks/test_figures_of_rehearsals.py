"""What the page of a rehearsal says, beside an SQL of its own over what was charged and what the draft asks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from billing.tests.desks.rehearsals import of_ten_days, page_of
from pricing.rules.rows import RateRow
from usage.models import Rehearsal
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from usage.tests.rehearsed import Change, a_draft, without
from wallets.models import Account

pytestmark = pytest.mark.django_db

# What was given back whole never was; what was given back in part was used.
_LINES = """
    SELECT d.account_id, f.code AS feature, l.quantity, l.tokens AS before, l.quantity * p.tokens / p.per AS after,
           l.quantity * charged.cost AS cost_before, l.quantity * p.cost AS cost_after
    FROM usage_debit d
    JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
    JOIN pricing_feature f ON f.id = l.feature_id
    JOIN pricing_rate charged ON charged.id = l.rate_id
    LEFT JOIN pricing_rate p ON p.version_id = %(version)s AND p.feature = f.code
    WHERE d.table_id = %(table)s AND d.occurred_at >= %(since)s AND d.occurred_at < %(until)s
      AND NOT EXISTS (SELECT FROM usage_reversal v WHERE v.debit_id = d.id AND v.is_whole)
"""
_BY_ACCOUNT = """
    SELECT account_id, sum(before), sum(after),
           (SELECT e.balance_after FROM wallets_entry e WHERE e.account_id = line.account_id
            ORDER BY e.number DESC LIMIT 1)
    FROM line WHERE after IS NOT NULL GROUP BY account_id
"""


def asked(rehearsal: Rehearsal, question: str) -> list[tuple[Any, ...]]:
    """Rows of a question about `line`."""
    given = {
        "version": rehearsal.version_id,
        "table": rehearsal.table_id,
        "since": rehearsal.since,
        "until": rehearsal.until,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH line AS ({_LINES}) {question}", given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@pytest.fixture
def shop() -> Shop:
    shop = Shop(since=clock() - 100 * DAY)
    shop.table = shop.a_table(since=clock() - 100 * DAY, cost=Decimal("0.002"))
    return shop


@pytest.fixture
def customers(shop: Shop) -> list[Account]:
    """One who is hit, one who would run dry, two who gain, one who stays where it was, one who gave all back."""
    used = [("30", "2"), ("10", "0.25"), ("1", "40"), ("0.5", "7"), ("5", "10"), ("50", "1")]
    tokens = ["1000", "31", "1000", "1000", "1000", "1000"]
    accounts = []
    for place, (chat, image) in enumerate(used):
        account = shop.an_account(clock() - 60 * DAY)
        a_grant(account, tokens[place], kind="purchase", unit_cost=Decimal("0.01"), now=clock() - 60 * DAY)
        shop.debit(account, "9", now=clock() - 20 * DAY)
        charged = shop.debit(
            account, chat, image, features=(shop.chat, shop.image), now=clock() - (8 - place) * DAY
        )
        if place in (0, 5):
            reversing.reverse(a_reversal(charged, "4" if place == 0 else None))
        accounts.append(account)
    return accounts


def dearer(shop: Shop) -> Change:
    """Chat at twice its price, images at half of it."""

    def change(row: RateRow) -> RateRow:
        factor = Decimal(2) if row.feature == shop.chat else Decimal("0.5")
        return replace(row, tokens=row.tokens * factor, cost=Decimal("0.003"))

    return change


class TestRehearsal:
    def test_adds_up_what_was_charged_and_what_the_draft_asks(
        self, packaging: Client, shop: Shop, customers: list[Account]
    ) -> None:
        done = of_ten_days(a_draft(shop, dearer(shop)))

        found = packaging.get(page_of(done)).context["impact"]

        sums = "sum(before), sum(after), sum(quantity), count(*), sum(cost_before), sum(cost_after)"
        rows = asked(
            done, f"SELECT '', {sums} FROM line UNION ALL SELECT feature, {sums} FROM line GROUP BY 1"
        )
        told = [
            (each.feature.code if each.feature else "", each.sums) for each in (found.total, *found.features)
        ]
        assert {
            (name, s.before, s.after, s.quantity, s.lines, s.cost_before, s.cost_after) for name, s in told
        } == set(rows)

    def test_tells_whom_it_hits_and_who_gains_and_who_runs_dry(
        self, packaging: Client, shop: Shop, customers: list[Account]
    ) -> None:
        done = of_ten_days(a_draft(shop, dearer(shop)))
        rows = asked(done, _BY_ACCOUNT)
        changes = {account: after - before for account, before, after, _ in rows}
        dry = {
            account
            for account, before, after, left in rows
            if left * done.days < after * 7 and left * done.days >= before * 7
        }

        found = packaging.get(page_of(done)).context["impact"]

        assert {each.account.pk: each.change for each in found.hit} == {
            k: v for k, v in changes.items() if v > 0
        }
        assert {each.account.pk: each.change for each in found.gaining} == {
            k: v for k, v in changes.items() if v < 0
        }
        sides = found.sides
        assert (sides.worse, sides.better, sides.same) == (
            sum(each > 0 for each in changes.values()),
            sum(each < 0 for each in changes.values()),
            sum(each == 0 for each in changes.values()),
        )
        assert sides.worse_by - sides.better_by == sum(changes.values())
        assert dry == {customers[1].pk} == {each.account.pk for each in found.dry.accounts}
        assert {each.account.pk: each.available for each in (*found.hit, *found.gaining)} == {
            account: left for account, _, _, left in rows if changes[account]
        }

    def test_leaves_out_of_both_sides_what_would_have_no_price(
        self, packaging: Client, shop: Shop, customers: list[Account]
    ) -> None:
        done = of_ten_days(a_draft(shop, without(shop.image)))
        parted = "FILTER (WHERE after IS NULL)"

        found = packaging.get(page_of(done)).context["impact"].total.sums

        sums = f"sum(before) - sum(before) {parted}, count(*) {parted}, sum(before) {parted}"
        assert asked(done, f"SELECT {sums} FROM line") == [
            (found.before, found.unpriced_lines, found.unpriced_tokens)
        ]

    def test_weighs_costs_against_what_customers_paid_for_the_tokens(
        self, packaging: Client, shop: Shop, customers: list[Account]
    ) -> None:
        done = of_ten_days(a_draft(shop, dearer(shop)))

        found = packaging.get(page_of(done)).context["impact"].total

        paid = "(SELECT sum(tokens * draw_cost) / sum(tokens) FROM wallets_grant WHERE kind = 'purchase')"
        question = f"SELECT 1 - sum(cost_before) / (sum(before) * {paid}), 1 - sum(cost_after) / (sum(after) * {paid})"
        ((before, after),) = asked(done, f"{question} FROM line")
        assert (found.margin_before, found.margin_after) == (round(before, 3), round(after, 3))
