"""Captures: what the work came to is charged, held tokens first, and the rest is given back or stays held."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from config.kernel.errors import InsufficientTokens
from usage.models import Debit
from usage.queries import holds
from usage.services import holding, reversing
from usage.tests.held import (
    a_hold,
    capture,
    denials,
    free,
    release,
    written,
)
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, clock
from wallets.errors import HoldMissing, HoldSettled

pytestmark = pytest.mark.django_db

MINUTE, BLINK = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def shop() -> Shop:
    return Shop()


class TestCapture:
    def test_of_less_gives_the_rest_back(self, shop: Shop) -> None:
        account = shop.an_account()
        first, second = a_grant(account, "4", expires_at=clock() + DAY), a_grant(account, "20")
        hold = a_hold(shop, account, "9")

        told = capture(shop, hold, "5")

        assert (told.state, told.held, told.captured) == ("captured", 0, 5)
        assert told.debit is not None
        assert [(each.grant, each.tokens) for each in told.debit.draws] == [(first.pk, 4), (second.pk, 1)]
        assert (told.debit.balance.available, told.debit.balance.held) == (19, 0)
        assert told.debits == (told.debit.id,)
        assert free(account) == (19, 0, 0)

    def test_without_items_is_as_estimated(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        hold = a_hold(shop, account, "3", "1.5", features=[shop.chat, shop.image])

        told = capture(shop, hold, as_estimated=True)

        assert told.debit is not None
        assert [(line.feature, line.quantity) for line in told.debit.lines] == [
            (shop.chat, 3),
            (shop.image, Decimal("1.5")),
        ]
        assert (told.debit.tokens, free(account)) == (Decimal("4.5"), (Decimal("15.5"), 0, 0))

    def test_of_more_draws_held_tokens_first_and_then_others(self, shop: Shop) -> None:
        account = shop.an_account()
        held = a_grant(account, "5", priority=90)
        hold = a_hold(shop, account, "5")
        newer = a_grant(account, "10", priority=1, effective_at=clock() - HOUR)

        told = capture(shop, hold, "7")

        assert told.debit is not None
        assert [(each.grant, each.tokens) for each in told.debit.draws] == [(held.pk, 5), (newer.pk, 2)]
        assert free(account) == (8, 0, 0)

    def test_draws_from_no_grant_that_starts_after_the_usage(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "5")
        hold = a_hold(shop, account, "5")
        a_grant(account, "10")

        with pytest.raises(InsufficientTokens):
            capture(shop, hold, "7")

    def test_of_more_than_there_is_is_refused_and_changes_nothing(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "6")
        before = written(account)

        with pytest.raises(InsufficientTokens) as refusal:
            capture(shop, hold, "12")

        figures = {name: refusal.value.extras[name] for name in ("required", "available", "shortfall")}
        assert figures == {"required": "12.000000", "available": "10.000000", "shortfall": "2.000000"}
        assert refusal.value.extras["denial"]
        assert written(account) == before
        assert denials(account) == [("insufficient_tokens", shop.chat, 1)]
        assert capture(shop, hold, "10").state == "captured"

    def test_in_steps_keeps_the_rest_held(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        hold = a_hold(shop, account, "10")

        one = capture(shop, hold, "3", is_final=False)
        two = capture(shop, hold, "4", is_final=False)
        assert free(account) == (10, 3, 0)
        last = capture(shop, hold, "1")

        assert [(each.state, each.held, each.captured) for each in (one, two, last)] == [
            ("held", 7, 3),
            ("held", 3, 7),
            ("captured", 0, 8),
        ]
        assert len(last.debits) == 3
        assert free(account) == (12, 0, 0)

    def test_of_a_step_beyond_what_is_held_leaves_the_hold_open(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        hold = a_hold(shop, account, "5")

        told = capture(shop, hold, "8", is_final=False)

        assert (told.state, told.held, free(account)) == ("held", 0, (12, 0, 0))
        assert release(shop, hold).state == "released"

    def test_of_nothing_is_a_release(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        hold = a_hold(shop, account, "5")

        told = capture(shop, hold, key="nothing")

        assert (told.state, told.debit, told.debits, free(account)) == ("released", None, (), (20, 0, 0))
        assert capture(shop, hold, key="nothing").is_replay

    @pytest.mark.parametrize("how", ["captured", "released"])
    def test_comes_too_late_once_the_hold_is_settled(self, shop: Shop, how: str) -> None:
        account = shop.an_account()
        a_grant(account, "20")
        hold = a_hold(shop, account, "5")
        capture(shop, hold, "2") if how == "captured" else release(shop, hold)
        before = written(account)

        with pytest.raises(HoldSettled):
            capture(shop, hold, "1")
        with pytest.raises(HoldSettled):
            capture(shop, hold)
        with pytest.raises(HoldSettled):
            release(shop, hold)
        with pytest.raises(HoldSettled):
            holding.extend(hold_id=hold.id, product_id=shop.product.pk, expires_in=60)

        assert written(account) == before

    def test_carries_what_the_hold_was_made_with(self, shop: Shop) -> None:
        account, then = shop.an_account(), clock() - DAY
        a_grant(account, "20", effective_at=then - HOUR)
        hold = a_hold(shop, account, "5", at=then, subject={"user": "u-1"}, metadata={"job": "j-1"})

        debit = capture(shop, hold, "2", key="done").debit

        assert debit is not None
        row = Debit.objects.get(pk=debit.id)
        assert (row.occurred_at, row.subject, row.metadata) == (then, {"user": "u-1"}, {"job": "j-1"})
        assert row.key == "done"
        assert holds.hold(hold.id).debits == (debit.id,)

    def test_is_reversed_as_any_debit(self, shop: Shop) -> None:
        account = shop.an_account()
        grant = a_grant(account, "20")
        hold = a_hold(shop, account, "5")
        debit = capture(shop, hold, "3", is_final=False).debit
        assert debit is not None

        back = reversing.reverse(a_reversal(debit))

        assert [(each.grant, each.tokens) for each in back.draws] == [(grant.pk, 3)]
        assert (back.restored, free(account)) == (3, (18, 2, 0))

    def test_of_another_products_hold_finds_none(self, shop: Shop) -> None:
        account, rival = shop.an_account(), Shop()
        a_grant(account, "20")
        hold = a_hold(shop, account, "5")
        before = written(account)

        for attempt in (
            lambda: capture(rival, hold, "1"),
            lambda: release(rival, hold),
            lambda: holding.extend(hold_id=hold.id, product_id=rival.product.pk, expires_in=60),
            lambda: holding.show(hold.id, rival.product.pk),
        ):
            with pytest.raises(HoldMissing):
                attempt()
        assert written(account) == before
