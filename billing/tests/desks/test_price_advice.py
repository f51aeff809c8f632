"""Advice on prices: features whose usage cost more than it brings, and rates under a target, with their rows."""

from __future__ import annotations

import csv
from datetime import UTC
from decimal import Decimal
from io import StringIO
from random import Random

import pytest
from django.db import connection as database

from billing.models import Outgoing
from billing.queries.price_advice import UnderCost, price_advice, under_cost
from billing.services import advising
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.shelf import Shelf
from usage.rules.orders import OwnCost
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock, named
from usage.tests.rolled import roll_up
from wallets.models import TokenUnit

PRICES = "/admin/billing/advice/prices/"

# Tokens at the average price of all that was bought, and what usage said that it cost, by the raw rows.
WORTH = """
    SELECT sum(g.tokens * g.unit_cost * c.reporting_rate) / sum(g.tokens) FROM wallets_grant g
    JOIN wallets_wallet w ON w.id = g.wallet_id JOIN wallets_currency c ON c.code = g.currency
    WHERE g.kind = 'purchase' AND g.unit_cost IS NOT NULL AND w.unit_id = %s
"""
LOSES = """
    WITH line AS (
        SELECT l.feature_id, d.occurred_at, l.tokens, l.cost * c.reporting_rate AS cost
        FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id
        LEFT JOIN wallets_currency c ON c.code = l.cost_currency WHERE d.unit_id = %(unit)s
        UNION ALL
        SELECT l.feature_id, d.occurred_at, -b.tokens,
               CASE WHEN v.is_whole THEN -l.cost * c.reporting_rate ELSE 0 END
        FROM usage_reversal v JOIN usage_debit d ON d.id = v.debit_id JOIN usage_debitline l ON l.debit_id = d.id
        JOIN usage_reversalline b ON b.reversal_id = v.id AND b.position = l.position
        LEFT JOIN wallets_currency c ON c.code = l.cost_currency WHERE d.unit_id = %(unit)s)
    SELECT f.code, sum(tokens), sum(cost) FROM line JOIN pricing_feature f ON f.id = feature_id
    WHERE occurred_at >= %(since)s AND occurred_at < %(until)s GROUP BY 1
"""


def by_the_ledger(unit: TokenUnit) -> dict[str, tuple[Decimal, Decimal]]:
    """Tokens and cost of each feature that loses, of thirty whole days."""
    midnight = clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with database.cursor() as cursor:
        cursor.execute(WORTH, [unit.pk])
        (worth,) = cursor.fetchone()
        cursor.execute(LOSES, {"unit": unit.pk, "since": midnight - 30 * DAY, "until": midnight})
        return {
            code: (tokens, cost) for code, tokens, cost in cursor.fetchall() if cost and tokens * worth < cost
        }


@pytest.fixture
def unit(committed_database: None) -> TokenUnit:
    """One that nobody else sells: what its tokens bring is known."""
    return TokenUnit.objects.create(code=named("T")[:16], name="Tests")


@pytest.fixture
def shop(unit: TokenUnit) -> Shop:
    """Random usage of two features over six weeks; one costs three times what a token is sold for."""
    random, now = Random(5), clock()
    shop = Shop(since=now - 100 * DAY, token=unit.code)
    account = shop.an_account(now - 90 * DAY)
    bought = {"token": unit.code, "unit_cost": Decimal("0.01"), "currency": "USD"}
    a_grant(account, "9000", kind="purchase", now=now - 90 * DAY, **bought)
    for n in range(42):
        at, tokens = now - n * DAY, random.randrange(1, 40)
        dear, cheap = Decimal(tokens) * Decimal("0.03"), Decimal(tokens) * Decimal("0.001")
        debit = shop.debit(
            *(account, str(tokens), str(tokens)),
            features=(shop.chat, shop.image),
            costs=(OwnCost(dear, "USD"), OwnCost(cheap, "USD")),
            now=at,
        )
        if n % 9 == 4:
            reversing.reverse(a_reversal(debit, now=at))
    roll_up()
    return shop


@pytest.mark.committed
class TestUnderCost:
    def test_is_what_the_ledger_and_the_costs_come_to(self, unit: TokenUnit, shop: Shop) -> None:
        found = {each.feature.code: each for each in under_cost(clock()) or () if each.token == unit}

        told = {code: (each.used.tokens, each.used.cost) for code, each in found.items()}
        assert told == by_the_ledger(unit)
        assert shop.chat in told
        assert shop.image not in told
        mine: UnderCost = found[shop.chat]
        assert mine.loses == mine.used.cost - mine.used.tokens * mine.worth.token
        assert (mine.last - mine.first).days == 29

    def test_is_shown_with_its_rows_and_as_csv_and_is_no_accounts_task(
        self, unit: TokenUnit, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("billing.admin.price_advice.SHOWN", 10_000)
        advising.advise(clock())
        client = at_the_desk_of("Finance")

        page = text_of(client.get(PRICES))
        rows = list(csv.DictReader(StringIO(text_of(client.get(f"{PRICES}?file=csv&of=features")))))

        assert f"feature={shop.chat}" in page
        live = shop.table.versions.get()
        assert f'its price is in <a href="/admin/pricing/version/{live.pk}/change/?q={shop.chat}">' in page
        (mine,) = [row for row in rows if row["feature"] == shop.chat]
        tokens, cost = by_the_ledger(unit)[shop.chat]
        assert (Decimal(mine["tokens"]), Decimal(mine["cost"])) == (tokens, cost)
        assert mine["goes_by"].startswith(f"usage of {shop.chat} from ")
        assert not Outgoing.objects.filter(content__evidence__contains=shop.chat).exists()


@pytest.mark.django_db
class TestSuggestions:
    def test_are_rates_under_the_target_with_the_price_that_reaches_it(self) -> None:
        shelf = Shelf()
        live = shelf.publish()
        shelf.list()
        shelf.list(small="6e-06")

        found = [
            each.found
            for each in price_advice(clock(), Decimal("0.7")).suggestions
            if each.table.table == shelf.table
        ]

        assert [(each.version, each.row.dimensions["model"]) for each in found] == [
            (live, shelf.small),
            (live, shelf.large),
        ]
        for each in found:
            assert each.proposed is not None
            brings = each.proposed * Decimal("0.01") / each.row.per
            assert (1 - each.cost.cost / brings).quantize(Decimal("0.01")) == Decimal("0.70")

    def test_ask_for_another_target_and_lead_to_the_rows(self) -> None:
        shelf = Shelf()
        live = shelf.publish()
        shelf.list()
        shelf.list(small="6e-06")
        client = at_the_desk_of("Packaging")

        page = client.get(f"{PRICES}?margin=50")
        rows = list(csv.DictReader(StringIO(text_of(client.get(f"{PRICES}?margin=50&file=csv&of=rates")))))

        mine = [each.found for each in page.context["rates"] if each.table.table == shelf.table]
        assert [each.row.dimensions["model"] for each in mine] == [shelf.small]
        text = page.content.decode()
        assert f'href="/admin/pricing/version/{live.pk}/change/"' in text
        assert f'href="/admin/pricing/costrate/?q={shelf.small}"' in text
        assert "under=50&amp;match=50" in text
        (row,) = [row for row in rows if row["table"] == shelf.table.code]
        told = (row["dimensions"], row["proposed_tokens"], row["margin"])
        assert told == (f"model={shelf.small}", "1200", "-0.200")
        assert f"the cost of {shelf.small} input" in row["goes_by"]

    @pytest.mark.parametrize("query", ["margin=100", "margin=x"])
    def test_take_the_usual_where_a_margin_can_not_be_read(self, query: str) -> None:
        page = at_the_desk_of("Packaging").get(f"{PRICES}?{query}")

        assert page.context["form"].errors
        assert page.context["advice"].target.match == Decimal("0.7")

    def test_are_for_those_who_may_see_costs(self) -> None:
        client = at_the_desk_of("Sales")

        assert client.get(PRICES).status_code == 403
        assert PRICES not in text_of(client.get("/admin/billing/advice/"))
        assert client.get(f"{PRICES}?file=csv&of=rates").status_code == 403
