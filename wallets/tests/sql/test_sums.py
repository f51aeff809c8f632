"""What must add up in a wallet and in a grant is refused by the database, whoever writes it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from wallets.models import Wallet
from wallets.tests.made import a_grant, an_account

pytestmark = pytest.mark.committed

WALLET = "wallet_owes_no_more_than_its_overage"
GRANT = "grant_tokens_are_all_accounted_for"


class TestSums:
    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ("wallets_wallet SET balance = -overage - 0.000001", WALLET),
            ("wallets_wallet SET held = -1", WALLET),
            ("wallets_wallet SET overage = -1, balance = balance + 1", WALLET),
            ("wallets_grant SET remaining = remaining + 1", GRANT),
            ("wallets_grant SET tokens = tokens + 1", GRANT),
            ("wallets_grant SET held = remaining + 1", GRANT),
            ("wallets_grant SET held = -1", GRANT),
            ("wallets_grant SET spent = spent - 1, remaining = remaining + 1", GRANT),
            ("wallets_grant SET expired = 'NaN'", GRANT),
        ],
    )
    def test_refuses_what_does_not_add_up(
        self, owner: psycopg.Connection[Any], change: str, sentence: str
    ) -> None:
        account = an_account()
        grant = a_grant(account, "100")
        wallet = Wallet.objects.get(account=account)
        held_by = {"account": account.pk}

        with pytest.raises(psycopg.errors.CheckViolation) as refusal:
            owner.execute(f"UPDATE {change} WHERE account_id = %(account)s", held_by)

        assert refusal.value.diag.constraint_name == sentence
        after = Wallet.objects.get(pk=wallet.pk)
        assert (after.balance, after.held, after.overage) == (wallet.balance, wallet.held, wallet.overage)
        grant.refresh_from_db()
        assert (grant.tokens, grant.remaining, grant.held, grant.spent, grant.expired) == (100, 100, 0, 0, 0)

    def test_posts_nothing_to_a_grant_that_is_not_there(self, owner: psycopg.Connection[Any]) -> None:
        account = an_account()
        a_grant(account, "100")
        wallet = Wallet.objects.get(account=account)

        with pytest.raises(psycopg.errors.NoDataFound):
            owner.execute(
                "SELECT wallets_post_v1(%s, %s, 'draw', 1, uuidv7(), NULL, 'debit', uuidv7(), NULL, 0, now())",
                [account.pk, wallet.pk],
            )

        after = Wallet.objects.get(pk=wallet.pk)
        assert (after.balance, after.last_number) == (100, 1)
