"""What lists say in their columns, beside an SQL of its own over the ledger's entries and the entries of holds."""

from __future__ import annotations

from typing import Any

import pytest

from billing.tests.desks.asking import asked
from billing.tests.desks.cells import column_of, read
from billing.tests.desks.people import at_the_desk_of
from usage.services import granting, reversing
from usage.tests.held import a_hold, capture, release
from usage.tests.made import DAY, UNLIMITED, Shop, a_call, a_grant, a_reversal, clock
from wallets.models import Account
from wallets.services import ledger

pytestmark = pytest.mark.django_db

_SIGNED = """
    CASE WHEN e.kind IN ('grant', 'restore', 'transfer_in', 'late_draw') THEN e.amount
         WHEN e.kind IN ('draw', 'expire', 'void', 'transfer_out', 'repay') THEN -e.amount ELSE 0 END
"""
_BALANCES = f"""
    SELECT e.account_id, sum({_SIGNED}),
           sum(CASE WHEN e.kind = 'overage' THEN e.amount WHEN e.kind IN ('overage_reversal', 'repay') THEN -e.amount
               ELSE 0 END)
    FROM wallets_entry e WHERE e.account_id = ANY (%(accounts)s) GROUP BY 1
"""
_REMAINING = f"""
    SELECT e.grant_id, sum({_SIGNED}) FROM wallets_entry e
    WHERE e.account_id = ANY (%(accounts)s) AND e.grant_id IS NOT NULL GROUP BY 1
"""

# What the entries of a hold left of it until its end came.
_KEPT = """
    SELECT r.id, CASE WHEN max(e.expires_at) > statement_timestamp()
                      THEN sum(CASE e.kind WHEN 'made' THEN e.tokens ELSE -e.tokens END) ELSE 0 END, max(e.expires_at)
    FROM usage_holdrequest r JOIN wallets_holdentry e ON e.hold_id = r.id
    WHERE r.account_id = ANY (%(accounts)s) GROUP BY 1
"""


def of(accounts: list[Account], question: str) -> list[tuple[Any, ...]]:
    return asked(question, accounts=[each.pk for each in accounts])


@pytest.fixture
def accounts() -> list[Account]:
    """One that owes, one whose tokens expired and were taken back in part, one that uses and gives back."""
    shop, now = Shop(), clock()
    owes, expired, uses = (shop.an_account(now - 30 * DAY, policy=UNLIMITED) for _ in range(3))
    a_grant(owes, "10", now=now - 20 * DAY)
    shop.debit(owes, "31.5", now=now - 10 * DAY)
    a_grant(owes, "7.25", kind="purchase", now=now - 9 * DAY)
    a_grant(expired, "40", now=now - 20 * DAY, expires_at=now - 3 * DAY)
    taken = a_grant(expired, "15", kind="purchase", now=now - 20 * DAY, priority=90)
    shop.debit(expired, "12.125", now=now - 10 * DAY)
    granting.void(grant_id=taken.pk, reason="", call=a_call(now=now - 5 * DAY))
    ledger.expire(account_id=expired.pk, now=now - DAY)
    a_grant(uses, "1000", kind="purchase", now=now - 20 * DAY)
    used = shop.debit(uses, "333.333333", now=now - 10 * DAY)
    reversing.reverse(a_reversal(used, "33.25", now - 9 * DAY))
    for tokens, seconds in (("20", 900), ("30", 1800), ("50", 7200)):
        held = a_hold(shop, uses, tokens, expires_in=seconds)
        if tokens == "20":
            release(shop, held)
        if tokens == "30":
            capture(shop, held, "11.5")
    a_hold(shop, uses, "60", now=now - DAY)
    return [owes, expired, uses]


def listed(address: str, accounts: list[Account], column: str) -> dict[Any, str]:
    """What the page says in a column, by the identities of the rows of these accounts."""
    page = at_the_desk_of("Auditor").get(address)
    ours = {each.pk for each in accounts}
    rows = zip(page.context["cl"].result_list, column_of(page, column), strict=True)
    return {row.pk: said for row, said in rows if getattr(row, "account_id", row.pk) in ours}


class TestLists:
    def test_of_accounts_have_the_balance_and_overage_of_the_ledger(self, accounts: list[Account]) -> None:
        balances, overages = (
            listed("/admin/wallets/account/?o=-7", accounts, column)
            for column in ("balance_shown", "overage_shown")
        )

        sums = {account: (balance - owed, owed) for account, balance, owed in of(accounts, _BALANCES)}
        assert {pk: said.partition(" ")[0] for pk, said in balances.items()} == {
            pk: read(round(balance, 2)) for pk, (balance, _) in sums.items()
        }
        assert overages == {pk: read(owed) if owed else "–" for pk, (_, owed) in sums.items()}

    def test_of_grants_have_what_the_ledger_left_of_each(self, accounts: list[Account]) -> None:
        left = listed("/admin/wallets/grant/", accounts, "left")

        assert left == {grant: read(tokens) for grant, tokens in of(accounts, _REMAINING)}

    def test_of_holds_have_what_is_kept_and_until_when(self, accounts: list[Account]) -> None:
        left, ends = (listed("/admin/usage/holdrequest/", accounts, each) for each in ("kept", "ends"))

        rows = of(accounts, _KEPT)
        assert left == {hold: read(tokens) for hold, tokens, _ in rows}
        assert ends == {hold: f"{expiry:%-d %b %Y %H:%M}" for hold, _, expiry in rows}
        assert sorted(left.values()) == ["0", "0", "0", "50"]
