"""Usage dated a little ahead pays a scheduled price until that price is withdrawn, and both stay right for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event, Semaphore, Thread
from typing import Any

import pytest
from django.db import connection

from pricing.models import Version
from pricing.services import drafting, publishing
from usage.models import Debit
from usage.queries.audit_prices import PRICES
from usage.rules.receipts import Receipt
from usage.services import metering
from usage.tests.made import UNLIMITED, Shop, clock
from usage.tests.racing import an_order, at_once, prove

MINUTE = timedelta(minutes=1)
(IN_FORCE,) = (check for check in PRICES if check.name == "debit_is_priced_by_the_version_in_force")


def twice_as_dear(shop: Shop, begins: Any, moment: Any = None) -> Version:
    draft = drafting.draft_from(version=shop.table.versions.get(number=1))
    rows = [replace(rate.row, tokens=Decimal(2)) for rate in draft.rates.all()]
    drafting.replace_rates(draft=draft, rows=rows, revision=None)
    return publishing.publish(version=draft, effective_from=begins, moment=moment)


def lies(shop: Shop) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT debit FROM ({IN_FORCE.sql}) AS lies")
        found = {debit for (debit,) in cursor.fetchall()}
    return found & set(Debit.objects.filter(table_id=shop.table.pk).values_list("pk", flat=True))


@pytest.mark.usefixtures("owner_db")
class TestUsageDatedAhead:
    def test_pays_the_scheduled_price_until_it_is_withdrawn(self) -> None:
        shop, now = Shop(), clock()
        customer = shop.an_account(policy=UNLIMITED)
        begins = now + 2 * MINUTE
        dear = twice_as_dear(shop, begins)

        before = [shop.debit(customer, "1", at=at) for at in (now, begins, begins + MINUTE)]
        publishing.withdraw(version=dear)
        after = [shop.debit(customer, "1", at=at) for at in (now, begins, begins + MINUTE)]

        assert [receipt.tokens for receipt in before] == [1, 2, 2]
        assert [receipt.tokens for receipt in after] == [1, 1, 1]
        assert lies(shop) == set()

    def test_is_found_out_where_it_paid_the_other_price(self) -> None:
        shop, now = Shop(), clock()
        customer = shop.an_account(policy=UNLIMITED)
        cheap, begins = shop.table.versions.get(), now + 2 * MINUTE
        dear = twice_as_dear(shop, begins)
        before = shop.debit(customer, "1", at=begins)
        publishing.withdraw(version=dear)
        after = shop.debit(customer, "1", at=begins)

        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE usage_debit DISABLE TRIGGER USER")
            swap = "UPDATE usage_debit SET version_id = %s WHERE id = %s"
            cursor.executemany(swap, [(cheap.pk, before.id), (dear.pk, after.id)])

        assert lies(shop) == {before.id, after.id}


@pytest.mark.committed
def test_no_debit_pays_a_withdrawn_price_after_the_withdrawal_was_answered() -> None:
    shop = Shop()
    account = shop.an_account(policy=UNLIMITED)
    begins = clock() + 3 * MINUTE
    dear = twice_as_dear(shop, begins)
    is_over, is_withdrawn, charged = Event(), Event(), Semaphore(0)
    late: list[tuple[bool, Decimal]] = []

    def keep_debiting() -> None:
        try:
            while not is_over.is_set():
                known = is_withdrawn.is_set()
                receipt = metering.charge(an_order(shop, account, at=begins + MINUTE))
                late.append((known, receipt.tokens))
                charged.release()
        finally:
            connection.close()

    debiting = [Thread(target=keep_debiting) for _ in range(3)]
    for each in debiting:
        each.start()
    try:
        assert all(charged.acquire(timeout=30) for _ in range(30))
        publishing.withdraw(version=dear)
        is_withdrawn.set()
        assert all(charged.acquire(timeout=30) for _ in range(30))
    finally:
        is_over.set()
        for each in debiting:
            each.join()

    answers = at_once([partial(metering.charge, an_order(shop, account, at=begins)) for _ in range(6)])
    assert {receipt.tokens for receipt in answers if isinstance(receipt, Receipt)} == {1}
    assert {tokens for known, tokens in late if known} == {1}
    assert {tokens for known, tokens in late if not known} >= {2}
    assert prove(account).overage == sum(tokens for _, tokens in late) + 6
    assert lies(shop) == set()
