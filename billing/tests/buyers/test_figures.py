"""What the pages say of tokens, beside what SQL makes of ledger and debits on its own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from billing.queries import burn
from billing.tests.buyers.visiting import page, signed_in
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, ait, clock, up_to
from usage.tests.rolled import roll_up
from wallets.models import Account

pytestmark = pytest.mark.committed

ZONE = "Asia/Tokyo"
LEFT_BY_KIND = """
    SELECT g.kind, sum(CASE WHEN e.kind = 'grant' THEN e.amount WHEN e.kind IN ('draw', 'repay') THEN -e.amount
                            WHEN e.kind = 'restore' THEN e.amount ELSE 0 END)
    FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id WHERE e.account_id = %s GROUP BY 1
"""
BEYOND = """
    SELECT sum(CASE kind WHEN 'overage' THEN amount WHEN 'repay' THEN -amount ELSE 0 END)
    FROM wallets_entry WHERE account_id = %s
"""
USED_BY = """
    SELECT coalesce(d.subject ->> %s, ''), sum(l.tokens) FROM usage_debit d
    JOIN usage_debitline l ON l.debit_id = d.id WHERE d.account_id = %s GROUP BY 1
"""
GIVEN_BACK_BY = """
    SELECT coalesce(d.subject ->> %s, ''), sum(r.tokens) FROM usage_reversal r
    JOIN usage_debit d ON d.id = r.debit_id WHERE r.account_id = %s GROUP BY 1
"""
USED_ON = """
    SELECT (d.occurred_at AT TIME ZONE %s)::date, sum(l.tokens) FROM usage_debit d
    JOIN usage_debitline l ON l.debit_id = d.id WHERE d.account_id = %s GROUP BY 1
"""


def asked(statement: str, *given: Any) -> dict[Any, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return dict(cursor.fetchall())


def beyond(account: Account) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, [account.pk])
        found: Decimal = cursor.fetchone()[0] or Decimal(0)
    return found


@pytest.fixture
def busy(shop: Shop) -> Account:
    """Spent by several on both sides of Tokyo's midnights, some of it given back."""
    now = clock()
    account = shop.an_account(now - 60 * DAY, name="Busy", time_zone=ZONE)
    a_grant(account, "1000", kind="purchase", now=now - 50 * DAY)
    first = burn.beginning(account, now, 30)
    told = [
        ("7", {"user": "u-1", "team": "red"}, first + timedelta(minutes=5)),
        ("11", {"user": "u-2", "team": "red"}, first + DAY - timedelta(minutes=5)),
        ("13", {"user": "u-1"}, first + DAY + timedelta(minutes=5)),
        ("17", None, first + 9 * DAY + timedelta(hours=8)),
        ("19", {"team": "blue"}, first + 9 * DAY + timedelta(hours=16)),
    ]
    receipts = [shop.debit(account, tokens, subject=subject, now=at) for tokens, subject, at in told]
    reversing.reverse(a_reversal(receipts[1], "4"))
    roll_up()
    return account


class TestBalance:
    def test_is_told_by_what_was_paid_and_what_was_free(self, shop: Shop) -> None:
        now = clock()
        account = shop.an_account(now - 60 * DAY, name="Mixed")
        a_grant(account, "100", kind="purchase", now=now - 50 * DAY)
        a_grant(account, "20", kind="trial", now=now - 50 * DAY, expires_at=now + 9 * DAY)
        a_grant(account, "5", kind="promo", now=now - 50 * DAY, expires_at=now + 8 * DAY)
        shop.debit(account, "38", now=now - DAY)

        told = signed_in(account).get(page(account)).context

        left = asked(LEFT_BY_KIND, account.pk)
        assert told["paid"] == left["purchase"] == 87
        assert told["free"] == left["trial"] + left["promo"] == 0
        assert told["summary"].holding.overage == beyond(account) == 0

    def test_is_told_with_what_is_beyond_it(self, shop: Shop) -> None:
        now = clock()
        account = shop.an_account(now - 60 * DAY, name="Beyond", policy=up_to("500"))
        a_grant(account, "100", kind="purchase", now=now - 50 * DAY)
        shop.debit(account, "130", now=now - 3 * DAY)
        a_grant(account, "12", kind="purchase", now=now - 2 * DAY)
        a_grant(account, "3", kind="promo", now=now - DAY)

        told = signed_in(account).get(page(account)).context

        left = asked(LEFT_BY_KIND, account.pk)
        assert (told["paid"], told["free"]) == (left["purchase"], left["promo"]) == (0, 3)
        assert told["summary"].holding.overage == beyond(account) == 18

    def test_says_why_nothing_is_left(self, shop: Shop) -> None:
        now = clock()
        past, empty = (shop.an_account(now - 60 * DAY, name=name) for name in ("Past", "Empty"))
        ended = now - 20 * DAY
        a_grant(past, "30", now=now - 50 * DAY, expires_at=ended)

        told, bare = (signed_in(each).get(page(each)).content.decode() for each in (past, empty))

        assert "Tokens expired unused on " in told
        assert f">{ended:%-d %b %Y %H:%M}</time> UTC, and nothing is available." in told
        assert "Nothing is available." in bare
        a_grant(empty, "1")
        assert "is available. <a" not in signed_in(empty).get(page(empty)).content.decode()


class TestBurn:
    @pytest.mark.parametrize("what", ["user", "team"])
    def test_by_user_and_team_is_what_debits_say(self, busy: Account, what: str) -> None:
        used, back = (asked(each, what, busy.pk) for each in (USED_BY, GIVEN_BACK_BY))

        parts = dict(signed_in(busy).get(page(busy, "usage/")).context["parts"])

        found = parts[what.capitalize()]
        assert {row.code: row.tokens for row in found.rows} == {
            name: tokens - back.get(name, 0) for name, tokens in used.items()
        }
        assert found.total == sum(used.values()) - sum(back.values()) == 63

    def test_is_by_days_of_the_accounts_calendar(self, busy: Account) -> None:
        client = signed_in(busy)
        days: list[tuple[date, Decimal]] = client.get(page(busy)).context["days"]
        used = asked(USED_ON, ZONE, busy.pk)

        told = {day: tokens for day, tokens in days if tokens}

        first = days[0][0]
        assert len(days) == 30
        assert told == used | {first: used[first] - 4}
        assert [told[first + place * DAY] for place in (0, 1, 9)] == [14, 13, 36]
        assert f"days and months by the calendar of {ZONE}" in client.get(page(busy)).content.decode()

    def test_of_another_unit_is_apart(self, busy: Account) -> None:
        found = burn.by_feature(busy.pk, ait() + 1, clock() - 30 * DAY, clock())

        assert found is not None
        assert (found.total, found.rows) == (0, [])
