"""Segments move from table to table as one, at once or at an instant, and no debit crosses the move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from config.kernel.errors import InvalidRequest, UnknownReference
from pricing.errors import InstantInThePast, OverlapsInTime
from usage.errors import NoticeTooShort
from usage.models import PriceNotice, Segment, SegmentTerms, Terms
from usage.queries.accounts import shown
from usage.rules.enrolment import Enrolment
from usage.services import segments, terms
from usage.tests.made import AUTHOR, DAY, HOUR, UNLIMITED, Shop, a_grant, a_segment, an_account, clock
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 60 * DAY)


def move(segment: Segment, table: Any, now: datetime | None = SPRING, at: datetime | None = None) -> bool:
    return segments.move_segment(segment=segment, table=table, author=AUTHOR, effective_from=at, now=now)


def a_member(segment: Segment, now: datetime = SPRING) -> Account:
    account = an_account(now, segment=segment.code)
    a_grant(account, "10000", now=now)
    return account


class TestMoveSegment:
    def test_moves_all_its_accounts_from_an_instant_of_their_usage_on(self, shop: Shop) -> None:
        segment, dear = a_segment(), shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        move(segment, shop.table, SPRING - 40 * DAY)
        members = [a_member(segment), a_member(segment)]
        move(segment, dear, SPRING + DAY, SPRING + 5 * DAY)

        costs = [
            [shop.debit(each, "1", at=SPRING + at, now=SPRING + 6 * DAY).tokens for at in (4 * DAY, 5 * DAY)]
            for each in members
        ]

        assert costs == [[1, 3], [1, 3]]

    def test_first_table_holds_for_all_the_past_where_nobody_was_in_it(self, shop: Shop) -> None:
        empty, full = a_segment(), a_segment()
        a_member(full)

        move(empty, shop.table)
        move(full, shop.table)

        began = dict(
            SegmentTerms.objects.filter(segment__in=(empty, full)).values_list("segment", "effective_from")
        )
        assert began == {empty.pk: None, full.pk: SPRING}

    def test_to_where_it_is_changes_nothing(self, shop: Shop) -> None:
        segment = a_segment()

        assert [move(segment, shop.table), move(segment, shop.table, SPRING + DAY)] == [True, False]
        assert SegmentTerms.objects.filter(segment=segment).count() == 1

    def test_refuses_the_past_and_two_moves_at_one_instant(self, shop: Shop) -> None:
        segment, other, third = a_segment(), shop.a_table(since=SPRING), shop.a_table(since=SPRING)
        move(segment, shop.table)
        move(segment, other, at=SPRING + 5 * DAY)

        with pytest.raises(InstantInThePast):
            move(segment, third, at=SPRING - HOUR)
        with pytest.raises(OverlapsInTime):
            move(segment, third, at=SPRING + 5 * DAY)

        assert SegmentTerms.objects.filter(segment=segment).count() == 2

    def test_gives_its_accounts_the_notice_they_are_due(self, shop: Shop) -> None:
        segment, dear = a_segment(notice_days=30), shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        move(segment, shop.table, SPRING - 40 * DAY)
        member = a_member(segment)

        for at in (None, SPRING + 30 * DAY - HOUR):
            with pytest.raises(NoticeTooShort, match="given 30 days of notice"):
                move(segment, dear, SPRING, at)
        move(segment, dear, SPRING, SPRING + 30 * DAY)

        notice = PriceNotice.objects.get(account=member)
        assert (notice.version, notice.effective_from) == (None, SPRING + 30 * DAY)
        assert shop.debit(member, "1", now=SPRING + 29 * DAY).tokens == 1
        assert shop.debit(member, "1", now=SPRING + 30 * DAY).tokens == 3


class TestNotice:
    """It is due to whoever is in the segment when a change begins, or is to come later."""

    def test_follows_accounts_that_are_to_come_and_to_leave(self, shop: Shop) -> None:
        segment, dear = a_segment(notice_days=30), shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        move(segment, shop.table, SPRING - 40 * DAY)
        stays, leaves, leaves_late = (a_member(segment) for _ in range(3))
        comes, comes_late, never_comes = (shop.an_account(SPRING) for _ in range(3))
        begins = SPRING + 31 * DAY
        for account, at, asked in (
            (leaves, begins, None),
            (leaves_late, begins + DAY, None),
            (comes, begins, segment.code),
            (comes_late, begins + DAY, segment.code),
            (never_comes, begins, segment.code),
        ):
            wanted = Enrolment(segment=asked, rate_table_from=at)
            terms.enrol(reference=account.reference, asked=wanted, author=AUTHOR, now=SPRING)
        row = Terms.objects.get(account=never_comes, effective_from=begins)
        terms.withdraw(account_id=never_comes.pk, terms_id=row.pk, author=AUTHOR, now=SPRING)

        move(segment, dear, SPRING, begins)

        told = set(PriceNotice.objects.values_list("account", flat=True))
        assert told == {stays.pk, leaves_late.pk, comes.pk, comes_late.pk}

    def test_is_due_as_soon_as_somebody_is_to_come(self, shop: Shop) -> None:
        segment, dear = a_segment(notice_days=30), shop.a_table(tokens="3", since=SPRING - 60 * DAY)
        move(segment, shop.table, SPRING - 40 * DAY)
        account = shop.an_account(SPRING)
        wanted = Enrolment(segment=segment.code, rate_table_from=SPRING + 90 * DAY)
        terms.enrol(reference=account.reference, asked=wanted, author=AUTHOR, now=SPRING)

        with pytest.raises(NoticeTooShort):
            move(segment, dear, SPRING, SPRING + DAY)
        row = Terms.objects.get(account=account, segment=segment)
        terms.withdraw(account_id=account.pk, terms_id=row.pk, author=AUTHOR, now=SPRING)
        assert move(segment, dear, SPRING, SPRING + DAY)


class TestEnrol:
    def test_takes_an_account_in_and_out_of_a_segment(self, shop: Shop) -> None:
        segment, own = a_segment(), shop.a_table(since=SPRING - DAY)
        account = an_account(SPRING, rate_table=own.code)

        def enrolled(**asked: Any) -> tuple[str | None, str | None]:
            terms.enrol(reference=account.reference, asked=Enrolment(**asked), author=AUTHOR)
            told = shown(account, clock())
            return told["rate_table"], told["segment"]

        assert enrolled(segment=segment.code) == (None, segment.code)
        assert enrolled(segment=segment.code) == (None, segment.code)
        assert enrolled(rate_table=own.code) == (own.code, None)
        assert enrolled(segment=None) == (own.code, None)
        assert enrolled(segment=segment.code) == (None, segment.code)
        assert enrolled(segment=None) == (None, None)

    def test_refuses_both_at_once_and_a_segment_there_is_not(self, shop: Shop) -> None:
        account = an_account(SPRING)
        for asked in (
            Enrolment(rate_table=shop.table.code, segment=a_segment().code),
            Enrolment(segment="nowhere"),
        ):
            with pytest.raises((InvalidRequest, UnknownReference)) as refusal:
                terms.enrol(reference=account.reference, asked=asked, author=AUTHOR)
            assert refusal.value.errors[0].pointer == "/segment"

        assert shown(account, clock())["segment"] is None


@pytest.mark.committed
class TestRaces:
    def test_a_move_that_waits_until_another_begins_leaves_that_table_too(self) -> None:
        shop = Shop()
        ahead, wanted = shop.a_table(tokens="3"), shop.a_table(tokens="5")
        segment = a_segment()
        move(segment, shop.table, None)
        account = an_account(segment=segment.code, policy=UNLIMITED)
        begins = clock() + timedelta(milliseconds=400)
        move(segment, ahead, None, begins)
        shop.debit(account, "1")
        held = Event()

        def hold() -> None:
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute("SELECT pg_advisory_xact_lock_shared(7101, %s)", [shop.table.pk])
                held.set()
                cursor.execute(
                    "SELECT pg_sleep(greatest(extract(epoch FROM %s - clock_timestamp()), 0) + 0.2)", [begins]
                )
            connection.close()

        holding = Thread(target=hold)
        holding.start()
        assert held.wait(20)
        move(segment, wanted, None)
        holding.join()

        assert SegmentTerms.objects.filter(segment=segment).latest("pk").effective_from >= begins
        assert shop.debit(account, "1").tokens == 5

    def test_a_move_gives_notice_to_an_account_that_joined_while_it_waited(self) -> None:
        shop = Shop()
        dear = shop.a_table(tokens="3")
        segment = a_segment(notice_days=30)
        move(segment, shop.table, None)
        joined = Event()

        def join() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                an_account(segment=segment.code)
                joined.set()
                cursor.execute("SELECT pg_sleep(0.5)")
            connection.close()

        joining = Thread(target=join)
        joining.start()
        assert joined.wait(20)
        with pytest.raises(NoticeTooShort):
            move(segment, dear, None)
        joining.join()

        assert SegmentTerms.objects.filter(segment=segment).count() == 1

    def test_no_debit_at_an_old_price_after_a_move_was_answered(self) -> None:
        shop = Shop()
        tables = [shop.table, shop.a_table(tokens="2")]
        segment = a_segment()
        move(segment, tables[0], None)
        account = an_account(segment=segment.code, policy=UNLIMITED)
        seen: list[tuple[datetime, Decimal]] = []
        is_over, happened = Event(), Event()

        def spend() -> None:
            while not is_over.is_set():
                done = shop.debit(account, "1")
                seen.append((done.recorded_at, done.tokens))
                happened.set()
            connection.close()

        threads = [Thread(target=spend) for _ in range(4)]
        for thread in threads:
            thread.start()
        moves = []
        for turn in range(1, 31):
            move(segment, tables[turn % 2], None)
            moves.append((clock(), Decimal(1 + turn % 2)))
            happened.clear()
            assert happened.wait(20)
        is_over.set()
        for thread in threads:
            thread.join()

        for (answered, price), following in zip(moves, [*moves[1:], None], strict=True):
            begun = (
                SegmentTerms.objects.filter(segment=segment, recorded_at__gt=answered)
                .order_by("recorded_at")
                .first()
            )
            until = begun.recorded_at if begun else answered + timedelta(days=1)
            between = {tokens for at, tokens in seen if answered <= at < until}
            assert between <= {price}, following
        assert len(seen) > 30
