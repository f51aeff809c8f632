"""Debits that race with a scheduled change of their account's rate table: each pays the price of its instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Event, Semaphore, Thread
from uuid import UUID

import pytest
from django.db import connection, transaction

from pricing.errors import OverlapsInTime
from pricing.models import RateTable
from usage.errors import TermsNotScheduled
from usage.models import Debit, PriceNotice, Standing, Terms, TermsWithdrawal
from usage.queries.audit_prices import PRICES
from usage.queries.terms import table_at
from usage.rules.enrolment import Enrolment
from usage.rules.receipts import Receipt
from usage.services import metering, segments, terms
from usage.services.terms import Enrolled
from usage.tests.made import AUTHOR, DAY, UNLIMITED, Shop, a_segment, an_account, clock
from usage.tests.racing import an_order, at_once, prove, refusals
from wallets.models import Account

pytestmark = pytest.mark.committed

MINUTE = timedelta(minutes=1)
(BY_TERMS,) = (check for check in PRICES if check.name == "debit_is_priced_by_the_accounts_table")


def schedule(account: Account, table: RateTable, begins: datetime) -> Enrolled:
    asked = Enrolment(rate_table=table.code, rate_table_from=begins)
    return terms.enrol(reference=account.reference, asked=asked, author=AUTHOR)


def withdraw(account: Account, begins: datetime) -> None:
    row = Terms.objects.lasting().get(account=account, effective_from=begins)
    terms.withdraw(account_id=account.pk, terms_id=row.pk, author=AUTHOR)


def lies(account: Account) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT debit FROM ({BY_TERMS.sql}) AS lies")
        found = {debit for (debit,) in cursor.fetchall()}
    return found & set(Debit.objects.filter(account=account).values_list("pk", flat=True))


@contextmanager
def debiting(charge: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Three threads that charge all the while. Yields what waits until each has charged some more."""
    is_over, charged = Event(), Semaphore(0)

    def keep_on() -> None:
        try:
            while not is_over.is_set():
                charge()
                charged.release()
        finally:
            connection.close()

    def go_on() -> None:
        while charged.acquire(blocking=False):
            pass
        assert all(charged.acquire(timeout=30) for _ in range(30))

    threads = [Thread(target=keep_on) for _ in range(3)]
    for each in threads:
        each.start()
    try:
        yield go_on
    finally:
        is_over.set()
        for each in threads:
            each.join()


def test_usage_dated_ahead_pays_what_was_answered_last() -> None:
    shop = Shop()
    account, dear = shop.an_account(policy=UNLIMITED), shop.a_table(tokens="3")
    begins = clock() + 4 * MINUTE
    answered = ["nothing"]
    paid: list[tuple[set[str], Decimal]] = []

    def charge() -> None:
        before = answered[-1]
        tokens = metering.charge(an_order(shop, account, at=begins)).tokens
        paid.append(({before, *answered[answered.index(before) :]}, tokens))

    with debiting(charge) as go_on:
        for turn in range(6):
            go_on()
            answered.append(f"scheduling {turn}")
            schedule(account, dear, begins)
            answered.append(f"scheduled {turn}")
            go_on()
            answered.append(f"withdrawing {turn}")
            withdraw(account, begins)
            answered.append(f"withdrawn {turn}")
        go_on()

    by_known: dict[str, set[Decimal]] = {}
    for known, tokens in paid:
        if len(known) == 1:  # nothing was under way at any time while it was charged
            by_known.setdefault(known.pop().split()[0], set()).add(tokens)
    assert by_known["scheduled"] == {Decimal(3)}
    assert by_known["withdrawn"] == by_known["nothing"] == {Decimal(1)}
    assert prove(account).overage == sum(tokens for _, tokens in paid)
    assert lies(account) == set()


def test_debits_cross_the_instant_without_anybody_doing_anything() -> None:
    shop = Shop()
    account, dear = shop.an_account(policy=UNLIMITED), shop.a_table(tokens="3")
    receipts: list[Receipt] = []
    begins = clock() + timedelta(seconds=1)
    schedule(account, dear, begins)

    with debiting(lambda: receipts.append(metering.charge(an_order(shop, account)))) as go_on:
        while clock() < begins:
            go_on()
        go_on()

    assert {(each.occurred_at >= begins, each.tokens) for each in receipts} == {(False, 1), (True, 3)}
    assert lies(account) == set()


def test_of_many_changes_at_one_instant_one_is_made() -> None:
    shop = Shop()
    account = shop.an_account(policy=UNLIMITED)
    tables = [shop.a_table(tokens=str(tokens)) for tokens in range(2, 10)]
    begins = clock() + MINUTE

    answers = at_once([partial(schedule, account, table, begins) for table in tables])

    assert refusals(answers, OverlapsInTime) == len(tables) - 1
    assert Terms.objects.filter(account=account, effective_from=begins).count() == 1


def test_one_of_many_withdrawals_is_made() -> None:
    shop = Shop()
    account, dear = shop.an_account(policy=UNLIMITED), shop.a_table(tokens="3")
    begins = clock() + MINUTE
    schedule(account, dear, begins)
    row = Terms.objects.get(account=account, effective_from=begins)
    revision = Standing.objects.get(account=account).revision

    answers = at_once([partial(terms.withdraw, account_id=account.pk, terms_id=row.pk, author=AUTHOR)] * 12)

    assert refusals(answers, TermsNotScheduled) == 11
    assert TermsWithdrawal.objects.filter(account=account).count() == 1
    assert Standing.objects.get(account=account).revision == revision + 1


def test_a_move_tells_an_account_that_stays_in_its_segment_by_a_withdrawal_under_way() -> None:
    shop = Shop()
    dear = shop.a_table(tokens="3")
    segment = a_segment(notice_days=30)
    segments.move_segment(segment=segment, table=shop.table, author=AUTHOR)
    account = an_account(segment=segment.code)
    begins = clock() + 5 * DAY
    schedule(account, shop.table, begins)
    is_withdrawn = Event()

    def withdraw_slowly() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            withdraw(account, begins)
            is_withdrawn.set()
            cursor.execute("SELECT pg_sleep(0.5)")
        connection.close()

    withdrawing = Thread(target=withdraw_slowly)
    withdrawing.start()
    assert is_withdrawn.wait(20)
    segments.move_segment(segment=segment, table=dear, author=AUTHOR, effective_from=clock() + 31 * DAY)
    withdrawing.join()

    assert PriceNotice.objects.filter(account=account).count() == 1


@pytest.mark.parametrize("turn", range(5))
def test_withdrawn_as_it_begins_it_holds_or_is_withdrawn_and_never_both(turn: int) -> None:
    shop = Shop()
    account, dear = shop.an_account(policy=UNLIMITED), shop.a_table(tokens="3")
    begins = clock() + timedelta(milliseconds=100)
    schedule(account, dear, begins)
    row = Terms.objects.get(account=account, effective_from=begins)

    def take_back() -> str:
        while clock() < begins - timedelta(milliseconds=turn):
            pass
        terms.withdraw(account_id=account.pk, terms_id=row.pk, author=AUTHOR)
        return "withdrawn"

    debits = [partial(metering.charge, an_order(shop, account)) for _ in range(8)]
    fate, *_ = at_once([take_back, *debits])
    while clock() < begins:
        pass

    is_withdrawn = fate == "withdrawn"
    assert is_withdrawn or isinstance(fate, TermsNotScheduled)
    assert table_at(account.pk, clock()) == (shop.table if is_withdrawn else dear)
    assert shop.debit(account, "1").tokens == (1 if is_withdrawn else 3)
    assert lies(account) == set()
