"""What the tab of limits says was used, beside an SQL of its own over debits, their lines and what was given back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from pricing.models import Feature
from usage.services import reversing
from usage.tests.held import a_hold
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, clock
from usage.tests.services.test_allowances import an_allowance
from usage.tests.services.test_budgets import a_budget
from wallets.models import Account

pytestmark = pytest.mark.django_db
ZONE = "Asia/Tokyo"
ANN, BOB, EVE = (
    {"user": name, "team": team} for name, team in (("ann", "search"), ("bob", "ads"), ("eve", "search"))
)

# Of what occurred in the window of the account's calendar, and was recorded since the budget was opened.
_LINES = """
    SELECT d.subject, l.feature_id, l.covered_quantity AS covered, l.tokens - coalesce((
               SELECT sum(b.tokens) FROM usage_reversal v JOIN usage_reversalline b ON b.reversal_id = v.id
               WHERE v.debit_id = d.id AND b.position = l.position), 0) AS tokens,
           EXISTS (SELECT FROM usage_reversal v WHERE v.debit_id = d.id AND v.is_whole) AS is_gone
    FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id
    WHERE d.account_id = %(account)s AND d.recorded_at >= %(opened)s
      AND date_trunc(%(period)s, d.occurred_at AT TIME ZONE %(zone)s)
        = date_trunc(%(period)s, statement_timestamp() AT TIME ZONE %(zone)s)
"""
_HELD = """
    SELECT coalesce(h.subject->>'user', ''), sum(l.tokens) FROM usage_holdrequest h
    JOIN usage_holdline l ON l.hold_id = h.id
    WHERE h.account_id = %(account)s GROUP BY 1
"""
# What blocking would have left: a refused call leaves the tokens to those after it.
_BLOCKED = """
    WITH RECURSIVE call AS (
        SELECT row_number() OVER (ORDER BY d.recorded_at) AS n, sum(e.amount) AS tokens
        FROM usage_debit d JOIN wallets_entry e ON e.cause_id = d.id AND e.kind IN ('draw', 'overage')
        WHERE d.account_id = %(account)s GROUP BY d.id, d.recorded_at
    ), run AS (
        SELECT 0::bigint AS n, 0::numeric AS tokens, false AS is_refused,
               (SELECT sum(amount) FROM wallets_entry WHERE account_id = %(account)s AND kind = 'grant') AS rest
        UNION ALL
        SELECT c.n, c.tokens, r.rest < c.tokens, r.rest - CASE WHEN r.rest < c.tokens THEN 0 ELSE c.tokens END
        FROM run r JOIN call c ON c.n = r.n + 1
    )
    SELECT count(*) - 1, count(*) FILTER (WHERE is_refused), sum(tokens) FILTER (WHERE is_refused) FROM run
"""


@pytest.fixture
def account(shop: Shop) -> Account:
    """Two months of use by three people of two teams and by nobody, late, given back whole and in part, and held."""
    now = clock()
    account = shop.an_account(now - 80 * DAY, time_zone=ZONE)
    a_grant(account, "10000", now=now - 80 * DAY)
    a_budget(account, "100", now=now - 70 * DAY, code="people", per="user", period="month")
    a_budget(account, "900", now=now - 70 * DAY, code="search", subject={"team": "search"}, period="month")
    a_budget(account, "60", now=now - 70 * DAY, code="chat", feature=shop.chat, period="day", is_hard=False)
    an_allowance(account, shop.image, "12", now=now - 70 * DAY)
    for hours in (1700, 900, 400, 200, 90, 30, 13, 6, 1):
        for place, user in enumerate((ANN, BOB, EVE, None)):
            at = now - timedelta(hours=hours)
            codes = (shop.chat, shop.image)
            shop.debit(account, f"{place + 1}.25", "0.5", features=codes, subject=user, now=at)
    shop.debit(account, "5.5", subject=EVE, now=now)
    late = shop.debit(account, "3", subject=ANN, at=now - timedelta(hours=2), now=now)
    whole = shop.debit(account, "4", "1", features=(shop.chat, shop.image), subject=BOB, now=now)
    reversing.reverse(a_reversal(late, "1.5", now=now))
    reversing.reverse(a_reversal(whole, now=now))
    a_hold(shop, account, "2", subject=ANN, now=now)
    return account


def asked(
    account: Account, question: str, period: str, beginning: str = f"WITH line AS ({_LINES})"
) -> list[tuple[Any, ...]]:
    given = {
        "account": account.pk,
        "period": period,
        "zone": ZONE,
        "opened": clock() - 70 * DAY - timedelta(minutes=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{beginning} {question}", given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def limits(client: Client, account: Account) -> Any:
    return client.get(f"/admin/wallets/account/{account.pk}/change/?tab=limits").context


class TestBudgets:
    def test_of_people_have_what_each_used(self, finance: Client, account: Account) -> None:
        (budget,) = (
            each.shown for each in limits(finance, account)["budgets"] if each.shown.code == "people"
        )

        by_user = "SELECT coalesce(subject->>'user', ''), sum(tokens) FROM line GROUP BY 1"
        used = dict(asked(account, by_user, "month"))
        assert {each.value: each.spent for each in budget.values if each.spent} == {
            user: tokens for user, tokens in used.items() if tokens
        }
        assert {each.value: each.held for each in budget.values if each.held} == dict(
            asked(account, _HELD, "month")
        )

    def test_of_a_team_has_what_all_of_it_used(self, finance: Client, account: Account) -> None:
        (budget,) = (
            each.shown for each in limits(finance, account)["budgets"] if each.shown.code == "search"
        )

        of_team = "SELECT sum(tokens) FROM line WHERE subject->>'team' = 'search'"
        ((tokens,),) = asked(account, of_team, "month")
        assert [(each.spent, each.held) for each in budget.values] == [(tokens, 2)]

    def test_of_a_feature_has_what_was_used_of_it_today(
        self, finance: Client, account: Account, shop: Shop
    ) -> None:
        (budget,) = (each.shown for each in limits(finance, account)["budgets"] if each.shown.code == "chat")

        chat = Feature.objects.get(code=shop.chat).pk
        ((tokens,),) = asked(account, f"SELECT sum(tokens) FROM line WHERE feature_id = {chat}", "day")
        assert [(each.spent, each.held) for each in budget.values] == [(tokens, 2)]


class TestIncluded:
    def test_units_are_those_that_debits_were_covered_with(
        self, finance: Client, account: Account, shop: Shop
    ) -> None:
        (included,) = limits(finance, account)["included"]

        ((covered,),) = asked(account, "SELECT sum(covered) FROM line WHERE NOT is_gone", "month")
        assert included.shown.window.used == covered
        assert included.shown.window.left == 12 - covered


class TestPolicy:
    def test_that_is_rehearsed_refuses_what_its_tokens_would_not_have_covered(
        self, finance: Client, shop: Shop
    ) -> None:
        now = clock()
        acme = shop.an_account(now - 60 * DAY, policy=UNLIMITED)
        a_grant(acme, "100", kind="purchase", now=now - 40 * DAY)
        for hours, quantity in enumerate(("31.5", "60", "9", "8.25", "0.25", "1", "0.25", "40")):
            shop.debit(acme, quantity, now=now - timedelta(hours=30 - hours))
        asking = {"mode": "block", "reason": "", "rehearse": "1"}

        page = f"/admin/wallets/account/{acme.pk}/policy/"
        found = finance.post(page, asking).context["rehearsed"].found

        wanted = asked(acme, _BLOCKED, "day", "")
        assert [(found.calls, len(found.refused), found.tokens)] == wanted
        assert wanted[0][1] > 1
