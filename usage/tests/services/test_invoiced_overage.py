"""Overage on a final invoice: no grant pays it again, its room is free, and what is reversed of it is credited."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from config.kernel.errors import InsufficientTokens
from usage.queries.audit_reversals import REVERSALS
from usage.services import reversing
from usage.services.observing import observe
from usage.tests.laddered import block, grace
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, a_reversal, ledger_of, up_to
from usage.tests.rerated import LATER, MARCH, SPRING, asked, at, booked, corrected_prices, left, owed
from wallets.models import Account, Entry, Overage, Wallet
from wallets.queries.audit import CHECKS as WALLETS
from wallets.queries.balances import holding_at
from wallets.services import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def invoice(account: Account, hours: int, lots: int = 9) -> list[ledger.SettledLot]:
    """Settle the oldest lots."""
    oldest = Overage.objects.open().filter(account=account).order_by("created_at", "pk")[:lots]
    return ledger.settle_overage(
        account_id=account.pk, lot_ids=[lot.pk for lot in oldest], invoice_id=uuid4(), now=at(hours)
    )


def lies() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.app_role', current_user, true)")
        found = []
        for check in (*WALLETS, *REVERSALS):
            cursor.execute(check.sql)
            found += [check.name] if cursor.fetchall() and not check.is_note else []
        return found


class TestSettledOverage:
    def test_is_repaid_by_no_grant(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=UNLIMITED)
        shop.debit(account, "30", now=at(1))
        shop.debit(account, "12", now=at(2))

        (settled,) = invoice(account, 3, lots=1)
        bought = a_grant(account, "100", kind="purchase", now=at(4))

        assert settled.tokens == 30
        assert ledger_of(account)[2:] == [("settle", 30), ("grant", 100), ("repay", 12)]
        bought.refresh_from_db()
        assert (bought.remaining, owed(account), lies()) == (88, 0, [])

    def test_is_what_grants_that_have_started_leave_of_it(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=UNLIMITED)
        shop.debit(account, "30", now=at(1))
        a_grant(account, "20", kind="purchase", now=at(1), effective_at=at(3))

        assert [each.tokens for each in invoice(account, 4)] == [10]
        assert invoice(account, 5) == []

    def test_gives_its_room_back_to_the_policy(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=up_to("30"))
        shop.debit(account, "30", now=at(1))
        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1", now=at(2))

        invoice(account, 3)

        assert shop.debit(account, "30", now=at(4)).overage == 30
        assert Wallet.objects.get(account=account).balance == -30

    def test_ends_the_grace_that_it_was_in(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=block(grace=grace("500", 90 * DAY)))
        shop.debit(account, "30", now=at(1))

        invoice(account, 3)
        observe(account_id=account.pk, now=at(3))

        with pytest.raises(InsufficientTokens):
            shop.debit(account, "1", now=at(4))

    def test_was_owed_before(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=UNLIMITED)
        shop.debit(account, "30", now=at(1))
        invoice(account, 3)
        unit = Wallet.objects.get(account=account).unit_id

        assert holding_at(account.pk, unit, at(2)).overage == 30
        assert holding_at(account.pk, unit, at(3)).overage == 0


class TestReversal:
    def test_credits_what_was_settled_and_restores_the_rest(self, shop: Shop) -> None:
        account = shop.an_account(SPRING, policy=UNLIMITED)
        promo = a_grant(account, "100", now=SPRING, kind="promo")
        debit = shop.debit(account, "130", now=at(1))
        invoice(account, 2)

        part = reversing.reverse(a_reversal(debit, "12.5", now=at(3)))
        rest = reversing.reverse(a_reversal(debit, now=at(4)))

        assert (part.overage, part.restored, part.lapsed) == (Decimal("12.5"), 0, 0)
        assert (rest.overage, rest.restored, rest.lapsed) == (Decimal("17.5"), 100, 0)
        assert ledger_of(account)[3:] == [
            ("settle", 30),
            ("credit", Decimal("12.5")),
            ("credit", Decimal("17.5")),
            ("restore", 100),
        ]
        credits = Entry.objects.filter(account=account, kind="credit").order_by("number")
        assert {entry.balance_after - entry.balance_before for entry in credits} == {Decimal(0)}
        promo.refresh_from_db()
        assert (promo.remaining, owed(account), lies()) == (100, 0, [])


class TestRerating:
    def test_leaves_a_debit_whose_overage_is_invoiced(self, shop: Shop) -> None:
        account = shop.an_account(SPRING - DAY, policy=UNLIMITED)
        shop.debit(account, "30", now=at(1))
        invoice(account, 2)

        done = booked(asked(shop, corrected_prices(shop, tokens="0.5"), **MARCH), LATER)

        assert left(done) == {"invoiced": 1}
        assert ledger_of(account) == [("overage", 30), ("settle", 30)]
