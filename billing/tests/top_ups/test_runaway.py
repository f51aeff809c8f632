"""Runaway is impossible: whatever races, dies or is asked again, a window takes so many purchases and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from billing.models import Order, TopUp
from billing.services import ordering, top_ups
from billing.tests.orders.sold import given_to
from billing.tests.top_ups.ruled import a_pack, a_rule, available, topped_up
from config.kernel.errors import InsufficientTokens
from usage.tests.made import AUTHOR, Shop, an_account, clock, together

pytestmark = pytest.mark.committed

MOST = 3


def spend(shop: Shop, account: Any, now: datetime | None = None) -> None:
    try:
        shop.debit(account, "400", now=now)
    except InsufficientTokens:
        return


class TestRunaway:
    def test_takes_so_many_a_window_while_debits_and_twenty_workers_race(self) -> None:
        """The threshold lies above what one pack can ever fill, so every look at it finds the account due."""
        shop = Shop()
        account = shop.an_account()
        now = clock()
        rule = a_rule(account, a_pack("500"), threshold="999999", fill_to="1000000", most=MOST, most_packs=1)

        together([top_ups.work_due] * 20 + [lambda: spend(shop, account)] * 10)
        together([lambda: topped_up(rule)] * 20)

        assert [each.number for each in TopUp.objects.filter(rule=rule).order_by("pk")] == [1, 2, 3]
        assert Order.objects.filter(account=account).count() == MOST
        assert sum(grant.tokens for grant in given_to(account)) == MOST * 500

        next_month = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0)
        together([lambda: topped_up(rule, next_month)] * 20)

        assert Order.objects.filter(account=account).count() == 2 * MOST
        assert TopUp.objects.filter(rule=rule).count() == 2 * MOST

    def test_takes_no_more_money_than_a_window_has(self) -> None:
        account = an_account()
        rule = a_rule(
            account,
            a_pack("500", "40"),
            threshold="999999",
            fill_to="1000000",
            most=1000,
            most_amount="130",
            most_packs=1,
        )

        together([lambda: topped_up(rule)] * 12)

        assert [each.spent for each in TopUp.objects.filter(rule=rule).order_by("pk")] == [40, 80, 120]

    def test_is_held_by_the_database_where_code_would_forget(self) -> None:
        account = an_account()
        rule = a_rule(account, a_pack(), threshold="9999", fill_to="10000", most=1, most_packs=1)
        made = topped_up(rule)
        assert made is not None
        second = {
            each.attname: getattr(made, each.attname) for each in TopUp._meta.fields if each.name != "id"
        }
        waiting = second | {"state": "pending", "order_id": None, "settled_at": None}

        for row, constraint in [
            (waiting, "top_up_is_numbered_once_a_window"),
            (waiting | {"number": 2}, "top_up_is_within_its_window"),
            (second | {"number": 2, "most": 2}, "top_up_has_an_order_of_its_own"),
        ]:
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                TopUp.objects.create(**row)


class TestDeath:
    @pytest.mark.parametrize("step", ["before the order", "after the order"])
    def test_between_the_steps_leaves_one_order(self, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
        account = an_account()
        rule = a_rule(account, a_pack(), most=5)
        place = ordering.place

        def die(*asked: Any, **options: Any) -> Any:
            if step == "after the order":
                place(*asked, **options)
            raise ConnectionError("The worker is gone.")

        monkeypatch.setattr(ordering, "place", die)
        with pytest.raises(ConnectionError):
            topped_up(rule)
        assert (TopUp.objects.filter(rule=rule).count(), Order.objects.filter(account=account).count()) == (
            0,
            0,
        )
        monkeypatch.setattr(ordering, "place", place)

        together([lambda: topped_up(rule)] * 4)

        assert Order.objects.filter(account=account).count() == 1
        assert (TopUp.objects.get(rule=rule).number, available(account)) == (1, 5000)

    def test_while_people_confirm_at_once_leaves_one_order(self) -> None:
        account = an_account()
        made = topped_up(a_rule(account, a_pack(), needs_payment=True))
        assert made is not None

        together([lambda: top_ups.confirm(top_up_id=made.pk, author=AUTHOR)] * 8)

        assert Order.objects.filter(account=account).count() == 1
        assert available(account) == 5000
