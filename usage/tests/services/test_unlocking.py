"""A debit that opens features for a time: from when until when, twice, reversed, and raced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from config.kernel.errors import InvalidRequest, NotEntitled
from pricing.models import Feature
from usage.models import Access, Debit, Unlock
from usage.services import entitling, reversing
from usage.services.entitling import AccessOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, a_reversal, clock, together
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
BLINK = timedelta(microseconds=1)


def an_unlock(shop: Shop, period: str = "P30D", pattern: str | None = None, **asked: Any) -> Unlock:
    """The shop's image opens chat."""
    feature = Feature.objects.get(code=shop.image)
    unlock = Unlock(feature=feature, pattern=pattern or shop.chat, period=period, **asked)
    return entitling.save_unlock(unlock)


def a_customer(shop: Shop, now: datetime | None = SPRING) -> Account:
    """Chat is closed to it."""
    account = shop.an_account(now)
    a_grant(account, "1000", now=now)
    order = AccessOrder(shop.chat, "closed")
    entitling.say(account_id=account.pk, order=order, author=AUTHOR, now=now)
    return account


def buy(shop: Shop, account: Account, quantity: str = "1", now: datetime | None = None, **asked: Any) -> Any:
    return shop.debit(account, quantity, features=(shop.image,), now=now, **asked)


def opened(account: Account) -> list[tuple[datetime, datetime | None]]:
    rows = Access.objects.filter(account=account, kind="open").order_by("effective_from")
    return list(rows.values_list("effective_from", "effective_until"))


def may_chat(shop: Shop, account: Account, now: datetime | None, at: datetime | None = None) -> bool:
    try:
        shop.debit(account, "1", now=now, at=at)
    except NotEntitled:
        return False
    return True


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestUnlock:
    def test_opens_for_its_period_from_the_moment_it_is_charged(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)

        done = buy(shop, acme, now=SPRING + HOUR)

        end = SPRING + HOUR + 30 * DAY
        assert opened(acme) == [(SPRING + HOUR, end)]
        assert Access.objects.get(account=acme, kind="open").debit_id == done.id
        assert may_chat(shop, acme, SPRING + HOUR)
        assert may_chat(shop, acme, end - BLINK)
        assert not may_chat(shop, acme, end)

    def test_opens_from_now_on_where_it_is_dated_back(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)

        buy(shop, acme, at=SPRING + HOUR, now=SPRING + DAY)

        assert opened(acme) == [(SPRING + DAY, SPRING + 31 * DAY)]
        assert not may_chat(shop, acme, SPRING + DAY, at=SPRING + DAY - BLINK)

    @pytest.mark.parametrize(
        ("period", "end"),
        [
            ("P1M", datetime(2026, 2, 28, 1, tzinfo=UTC)),
            ("P2W", datetime(2026, 2, 14, 1, tzinfo=UTC)),
            ("P1Y", datetime(2027, 1, 31, 1, tzinfo=UTC)),
            ("PT90M", datetime(2026, 1, 31, 2, 30, tzinfo=UTC)),
        ],
    )
    def test_reads_periods_by_iso_8601(self, shop: Shop, period: str, end: datetime) -> None:
        an_unlock(shop, period)
        january = datetime(2026, 1, 31, 1, tzinfo=UTC)
        acme = a_customer(shop, january)

        buy(shop, acme, now=january)

        assert opened(acme) == [(january, end)]

    def test_extends_what_is_open_from_its_end(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING + HOUR)

        buy(shop, acme, now=SPRING + DAY)
        buy(shop, acme, now=SPRING + 2 * DAY)

        ends = [SPRING + HOUR + n * 30 * DAY for n in range(4)]
        assert opened(acme) == list(zip(ends, ends[1:], strict=False))
        assert may_chat(shop, acme, ends[3] - BLINK)
        assert not may_chat(shop, acme, ends[3])

    def test_begins_anew_where_it_has_ended(self, shop: Shop) -> None:
        an_unlock(shop, "P1D")
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING)

        buy(shop, acme, now=SPRING + DAY)

        assert opened(acme) == [(SPRING, SPRING + DAY), (SPRING + DAY, SPRING + 2 * DAY)]

    def test_begins_anew_where_it_was_closed_since(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING)
        order = AccessOrder(shop.chat, "closed")
        entitling.say(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING + DAY)

        buy(shop, acme, now=SPRING + 2 * DAY)

        assert opened(acme)[1] == (SPRING + 2 * DAY, SPRING + 32 * DAY)

    def test_opens_as_many_periods_as_are_charged(self, shop: Shop) -> None:
        an_unlock(shop, "P1M")
        acme = a_customer(shop)

        buy(shop, acme, "3", now=SPRING)

        assert opened(acme) == [(SPRING, datetime(2026, 6, 1, tzinfo=UTC))]

    @pytest.mark.parametrize("quantity", ["0.5", "1.000000001", "101"])
    def test_refuses_a_part_of_a_period_and_too_many(self, shop: Shop, quantity: str) -> None:
        an_unlock(shop)
        acme = a_customer(shop)

        with pytest.raises(InvalidRequest) as refused:
            buy(shop, acme, quantity, now=SPRING)

        assert refused.value.errors[0].pointer == "/items/0/quantity"
        assert not Debit.objects.filter(account=acme).exists()

    def test_refuses_to_open_beyond_a_hundred_years(self, shop: Shop) -> None:
        an_unlock(shop, "P99Y")
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING)

        with pytest.raises(InvalidRequest), transaction.atomic():
            buy(shop, acme, now=SPRING)

        assert len(opened(acme)) == 1

    def test_opens_once_for_a_key(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        key = uuid4().hex

        first = buy(shop, acme, key=key, now=SPRING)
        again = buy(shop, acme, key=key, now=SPRING + DAY)

        assert (again.id, again.is_replay) == (first.id, True)
        assert len(opened(acme)) == 1

    def test_opens_nothing_where_it_is_refused(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        order = AccessOrder(shop.image, "closed")
        entitling.say(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)

        with pytest.raises(NotEntitled):
            buy(shop, acme, now=SPRING)

        assert opened(acme) == []

    def test_that_is_switched_off_opens_nothing(self, shop: Shop) -> None:
        unlock = an_unlock(shop)
        acme = a_customer(shop)
        unlock.is_active = False
        entitling.save_unlock(unlock)

        buy(shop, acme, "0.5", now=SPRING)

        assert opened(acme) == []


class TestReversal:
    def test_whole_ends_what_the_debit_opened_from_now(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        done = buy(shop, acme, now=SPRING)

        reversing.reverse(a_reversal(done, now=SPRING + DAY))

        assert not may_chat(shop, acme, SPRING + DAY)
        assert may_chat(shop, acme, SPRING + DAY, at=SPRING + DAY - BLINK)

    def test_of_a_part_ends_nothing(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        done = buy(shop, acme, now=SPRING)

        reversing.reverse(a_reversal(done, tokens="1", now=SPRING + DAY))

        assert may_chat(shop, acme, SPRING + DAY)

    def test_leaves_what_others_opened(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING)
        second = buy(shop, acme, now=SPRING)

        reversing.reverse(a_reversal(second, now=SPRING + DAY))

        assert may_chat(shop, acme, SPRING + 30 * DAY - BLINK)
        assert not may_chat(shop, acme, SPRING + 30 * DAY)

    def test_lets_the_next_purchase_extend_what_is_left(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_customer(shop)
        buy(shop, acme, now=SPRING)
        second = buy(shop, acme, now=SPRING)
        reversing.reverse(a_reversal(second, now=SPRING + DAY))

        buy(shop, acme, now=SPRING + DAY)

        assert opened(acme)[-1] == (SPRING + 30 * DAY, SPRING + 60 * DAY)

    def test_says_nothing_where_all_has_ended(self, shop: Shop) -> None:
        an_unlock(shop, "P1D")
        acme = a_customer(shop)
        done = buy(shop, acme, now=SPRING)

        reversing.reverse(a_reversal(done, now=SPRING + DAY))

        assert not Access.objects.filter(account=acme, kind="none").exists()


@pytest.mark.committed
class TestEveryProcess:
    def test_opens_at_the_next_debit_after_the_catalogue_was_changed(self) -> None:
        shop = Shop()
        acme = a_customer(shop, None)
        buy(shop, acme)  # what it opens is remembered: nothing

        an_unlock(shop)
        buy(shop, acme)

        assert len(opened(acme)) == 1
        assert may_chat(shop, acme, None)

    def test_buys_a_period_for_each_of_many_who_buy_at_once(self) -> None:
        shop = Shop()
        an_unlock(shop)
        acme = a_customer(shop, None)
        before = clock()

        done = together([lambda: buy(shop, acme)] * 12)

        found = opened(acme)
        assert len(done) == len(found) == 12
        assert [start for start, _ in found[1:]] == [end for _, end in found[:-1]]
        assert found[-1][1] - found[0][0] == 12 * 30 * DAY
        assert found[0][0] >= before
