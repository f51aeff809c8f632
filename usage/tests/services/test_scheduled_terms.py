"""An account's rate table that begins later, and what becomes of it when it is taken back before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from config.kernel.errors import InvalidRequest
from pricing.errors import InstantInThePast, OverlapsInTime
from pricing.models import RateTable
from usage.errors import TermsMissing, TermsNotScheduled
from usage.models import Standing, Terms, TermsWithdrawal
from usage.queries.accounts import shown
from usage.queries.terms import table_at
from usage.rules.enrolment import Enrolment
from usage.services import segments, terms
from usage.services.authors import Author
from usage.tests.made import AUTHOR, DAY, Shop, a_grant, a_segment, an_account
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = SPRING + 90 * DAY
BLINK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 60 * DAY)


@pytest.fixture
def dear(shop: Shop) -> RateTable:
    return shop.a_table(tokens="3", since=SPRING - 60 * DAY)


@pytest.fixture
def account(shop: Shop) -> Account:
    """One that pays a token a unit."""
    account = shop.an_account(SPRING - 50 * DAY)
    a_grant(account, "10000", now=SPRING - 50 * DAY)
    return account


def schedule(
    account: Account, begins: datetime, now: datetime = SPRING, author: Author = AUTHOR, **asked: Any
) -> bool:
    """Whether that is new."""
    wanted = Enrolment(rate_table_from=begins, **asked)
    return terms.enrol(reference=account.reference, asked=wanted, author=author, now=now).is_bound


def scheduled(account: Account, begins: datetime, now: datetime = SPRING, **asked: Any) -> Terms:
    assert schedule(account, begins, now, **asked)
    return Terms.objects.lasting().get(account=account, effective_from=begins)


def withdraw(account: Account, row: Terms, now: datetime = SPRING + DAY, author: Author = AUTHOR) -> None:
    terms.withdraw(account_id=account.pk, terms_id=row.pk, author=author, now=now)


class TestSchedule:
    def test_holds_from_its_instant_on_for_usage_on_time_and_late(
        self, shop: Shop, account: Account, dear: RateTable
    ) -> None:
        schedule(account, SUMMER, rate_table=dear.code)

        on_time = [shop.debit(account, "1", now=SUMMER + by).tokens for by in (-BLINK, 0 * BLINK, DAY)]
        late = [
            shop.debit(account, "1", at=SUMMER + by, now=SUMMER + 2 * DAY).tokens
            for by in (-BLINK, 0 * BLINK)
        ]

        assert (on_time, late) == ([1, 3, 3], [1, 3])

    def test_is_not_yet_the_table_that_a_caller_sees(self, account: Account, dear: RateTable) -> None:
        wanted = Enrolment(rate_table=dear.code, rate_table_from=SUMMER)
        answer = terms.enrol(reference=account.reference, asked=wanted, author=AUTHOR, now=SPRING).answer

        before = table_at(account.pk, SPRING)
        assert before is not None
        assert answer["rate_table"] == before.code
        assert shown(account, SUMMER - BLINK)["rate_table"] == before.code
        assert shown(account, SUMMER)["rate_table"] == dear.code

    def test_keeps_who_when_and_why(self, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, author=Author("mina", "Renewal."), rate_table=dear.code)

        assert (row.recorded_at, row.set_by, row.reason) == (SPRING, "mina", "Renewal.")

    def test_refuses_the_past_and_two_changes_at_one_instant(
        self, account: Account, shop: Shop, dear: RateTable
    ) -> None:
        other = shop.a_table(tokens="5")
        schedule(account, SUMMER, rate_table=dear.code)

        with pytest.raises(InstantInThePast) as refusal:
            schedule(account, SPRING - BLINK, rate_table=other.code)
        with pytest.raises(OverlapsInTime):
            schedule(account, SUMMER, rate_table=other.code)

        assert [fault.pointer for fault in refusal.value.errors] == ["/rate_table_from"]
        assert Terms.objects.filter(account=account).count() == 2

    def test_may_begin_at_this_instant(self, shop: Shop, account: Account, dear: RateTable) -> None:
        schedule(account, SPRING, rate_table=dear.code)

        assert shop.debit(account, "1", now=SPRING).tokens == 3

    def test_of_what_holds_then_anyway_changes_nothing(
        self, account: Account, shop: Shop, dear: RateTable
    ) -> None:
        schedule(account, SUMMER, rate_table=dear.code)

        again = [
            schedule(account, SUMMER, SPRING + DAY, rate_table=dear.code),
            schedule(account, SUMMER + DAY, SPRING + DAY, rate_table=dear.code),
            schedule(account, SUMMER - DAY, SPRING + DAY, rate_table=shop.table.code),
        ]

        assert again == [False] * 3
        assert Terms.objects.filter(account=account).count() == 2

    def test_stays_when_another_table_is_set_from_now(
        self, shop: Shop, account: Account, dear: RateTable
    ) -> None:
        between = shop.a_table(tokens="2", since=SPRING - 60 * DAY)
        schedule(account, SUMMER, rate_table=dear.code)

        asked = Enrolment(rate_table=between.code)
        terms.enrol(reference=account.reference, asked=asked, author=AUTHOR, now=SPRING + DAY)

        instants = (SPRING + DAY - BLINK, SPRING + DAY, SUMMER - BLINK, SUMMER)
        assert [shop.debit(account, "1", now=each).tokens for each in instants] == [1, 2, 2, 3]

    def test_of_a_new_account_leaves_it_to_the_default_table_until_then(self, shop: Shop) -> None:
        dear = shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        terms.set_default(table_id=shop.table.pk, now=SPRING - 55 * DAY)
        account = an_account(SPRING, rate_table=dear.code, rate_table_from=SPRING + DAY)

        held = [table_at(account.pk, SPRING + DAY - BLINK), table_at(account.pk, SPRING + DAY)]

        assert held == [shop.table, dear]

    def test_takes_an_account_into_its_segment_and_out_of_it(self, shop: Shop, account: Account) -> None:
        segment = a_segment()
        dear = shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        segments.move_segment(segment=segment, table=dear, author=AUTHOR, now=SPRING - DAY)
        terms.set_default(table_id=shop.table.pk, now=SPRING - 55 * DAY)

        schedule(account, SUMMER, segment=segment.code)
        schedule(account, SUMMER + DAY, segment=None)

        held = [table_at(account.pk, SUMMER + by) for by in (-BLINK, 0 * BLINK, DAY - BLINK, DAY)]
        assert held == [shop.table, dear, dear, shop.table]

    def test_needs_a_table_or_a_segment(self, account: Account) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            schedule(account, SUMMER, name="Acme")

        assert [fault.pointer for fault in refusal.value.errors] == ["/rate_table_from"]
        assert Account.objects.get(pk=account.pk).name == ""


class TestWithdraw:
    def test_lets_what_held_go_on_until_the_next_or_for_good(
        self, shop: Shop, account: Account, dear: RateTable
    ) -> None:
        dearest = shop.a_table(tokens="5", since=SPRING - 60 * DAY)
        first = scheduled(account, SUMMER, rate_table=dear.code)
        second = scheduled(account, SUMMER + 9 * DAY, rate_table=dearest.code)
        instants = (SUMMER, SUMMER + 9 * DAY - BLINK, SUMMER + 9 * DAY)

        def held() -> list[Any]:
            return [table_at(account.pk, each) for each in instants]

        both = held()
        withdraw(account, first)
        one = held()
        withdraw(account, second)

        assert (both, one, held()) == ([dear, dear, dearest], [shop.table] * 2 + [dearest], [shop.table] * 3)
        assert [shop.debit(account, "1", now=each).tokens for each in instants] == [1, 1, 1]

    def test_is_known_by_the_next_debit(self, shop: Shop, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)
        revision = Standing.objects.get(account=account).revision

        withdraw(account, row)

        assert Standing.objects.get(account=account).revision == revision + 1

    def test_keeps_both_with_who_when_and_why(self, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)

        withdraw(account, row, SPRING + 2 * DAY, Author("tom", "Not agreed after all."))

        kept = TermsWithdrawal.objects.get(account=account)
        assert (kept.terms, kept.withdrawn_at, kept.withdrawn_by, kept.reason) == (
            row,
            SPRING + 2 * DAY,
            "tom",
            "Not agreed after all.",
        )

    def test_frees_the_instant(self, shop: Shop, account: Account, dear: RateTable) -> None:
        withdraw(account, scheduled(account, SUMMER, rate_table=dear.code))

        withdraw(
            account, scheduled(account, SUMMER, SPRING + 2 * DAY, rate_table=dear.code), SPRING + 3 * DAY
        )
        scheduled(account, SUMMER, SPRING + 4 * DAY, rate_table=dear.code)

        assert [shop.debit(account, "1", now=SUMMER + by).tokens for by in (-BLINK, 0 * BLINK)] == [1, 3]

    @pytest.mark.parametrize("now", [SUMMER, SUMMER + DAY])
    def test_refuses_what_has_begun(self, account: Account, dear: RateTable, now: datetime) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)

        with pytest.raises(TermsNotScheduled, match="holds already"):
            withdraw(account, row, now)

        assert not TermsWithdrawal.objects.exists()
        withdraw(account, row, SUMMER - BLINK)

    def test_refuses_what_held_always_and_what_is_withdrawn(self, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)
        withdraw(account, row)

        with pytest.raises(TermsNotScheduled, match="withdrawn already"):
            withdraw(account, row)
        with pytest.raises(TermsNotScheduled, match="holds already"):
            withdraw(account, Terms.objects.get(account=account, effective_from=None))

        assert TermsWithdrawal.objects.count() == 1

    def test_refuses_what_is_another_accounts(self, shop: Shop, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)

        with pytest.raises(TermsMissing):
            withdraw(shop.an_account(SPRING), row)
        with pytest.raises(TermsMissing):
            terms.withdraw(account_id=account.pk, terms_id=uuid4(), author=AUTHOR)

        assert not TermsWithdrawal.objects.exists()

    def test_needs_a_reason(self, account: Account, dear: RateTable) -> None:
        row = scheduled(account, SUMMER, rate_table=dear.code)

        with pytest.raises(InvalidRequest):
            withdraw(account, row, author=Author("tom", " "))

        assert not TermsWithdrawal.objects.exists()
