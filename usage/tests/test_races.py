"""Calls that race for one wallet, one key or one grant: real threads, real commits, and the books afterwards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum

from config.kernel.errors import IdempotencyKeyReused, InsufficientTokens
from usage.errors import MoreThanLeft, NothingToReverse
from usage.models import Claim, Debit, Denial, Reversal
from usage.rules.grants import GrantOrder, TransferOrder
from usage.rules.receipts import Receipt, ReversalReceipt
from usage.services import granting, metering, reversing
from usage.services.claims import Done
from usage.tests.made import HOUR, UNLIMITED, Shop, a_call, a_grant, a_product, a_reversal, clock, up_to
from usage.tests.racing import all_answered, an_order, at_once, each_alone, prove, receipts, refusals
from wallets.errors import NothingLeft
from wallets.models import Entry, Grant

pytestmark = pytest.mark.committed


@pytest.fixture(params=["combined", "each alone"])
def shop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Debits of one process charged together by its combiner, and each in a transaction of its own."""
    if request.param == "each alone":
        each_alone(monkeypatch)
    return Shop()


class TestOneWallet:
    def test_of_a_hundred_tokens_pays_a_hundred_of_two_hundred_debits(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")

        answers = at_once([partial(metering.charge, an_order(shop, account)) for _ in range(200)])

        assert (len(receipts(answers)), refusals(answers, InsufficientTokens)) == (100, 100)
        assert prove(account).balance == 0
        assert Debit.objects.filter(account=account).count() == 100
        assert Denial.objects.filter(account=account).aggregate(Sum("count")) == {"count__sum": 100}

    def test_drains_fifty_grants_of_two_in_their_order(self, shop: Shop) -> None:
        account = shop.an_account()
        soon = clock() + HOUR
        grants = [a_grant(account, "2", expires_at=soon + hours * HOUR).pk for hours in range(50)]

        answers = at_once([partial(metering.charge, an_order(shop, account)) for _ in range(100)])

        assert len(receipts(answers)) == 100
        assert prove(account).balance == 0
        drawn = Entry.objects.filter(account=account, kind="draw").order_by("number")
        assert list(drawn.values_list("grant_id", flat=True)) == [pk for pk in grants for _ in range(2)]

    def test_never_owes_more_than_its_limit(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("30.5"))
        a_grant(account, "50")

        answers = at_once([partial(metering.charge, an_order(shop, account)) for _ in range(120)])

        assert (len(receipts(answers)), refusals(answers, InsufficientTokens)) == (80, 40)
        assert (prove(account).overage, sum(each.overage for each in receipts(answers))) == (30, 30)

    def test_has_what_it_owes_repaid_by_purchases_that_race_its_debits(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        buy = partial(GrantOrder, kind="purchase", tokens=Decimal(3))
        debits = [partial(metering.charge, an_order(shop, account)) for _ in range(60)]
        purchases = [
            partial(granting.grant, reference=account.reference, order=buy(), call=a_call())
            for _ in range(10)
        ]

        mixed: list[Any] = [call for pair in zip(debits[:10], purchases, strict=True) for call in pair]
        answers = at_once(mixed + debits[10:], callers=8)

        assert refusals(answers, InsufficientTokens) == 0
        wallet = prove(account)
        assert (wallet.balance, wallet.overage) == (-30, 30)
        assert not Grant.objects.filter(account=account, remaining__gt=0).exists()


class TestOneKey:
    def test_sent_64_times_is_one_effect_with_64_equal_answers(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        order = an_order(shop, account, "2.5", key="once")

        answers = all_answered(at_once([partial(metering.charge, order)] * 64, callers=64))

        assert [answer.is_replay for answer in answers].count(False) == 1
        assert [first_told(answer) for answer in answers] == [first_told(answers[0])] * 64
        assert prove(account).balance == Decimal("97.5")

    def test_is_another_key_on_another_account(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(2)]
        calls = [partial(metering.charge, an_order(shop, account, key="same")) for account in accounts]

        answers = receipts(at_once(calls * 16))

        assert [answer.is_replay for answer in answers].count(False) == 2
        assert [prove(account).overage for account in accounts] == [1, 1]

    def test_is_another_key_of_another_product(self, shop: Shop) -> None:
        rival, account = Shop(), shop.an_account(policy=UNLIMITED)
        a_grant(account, "9")
        order = an_order(shop, account, key="same")
        given = partial(GrantOrder, kind="promo", tokens=Decimal(1))
        grant = partial(
            granting.grant, reference=account.reference, order=given(), call=a_call(rival.product, "same")
        )

        answers = at_once([partial(metering.charge, order), grant] * 8)

        assert refusals(answers, IdempotencyKeyReused) == 0
        assert Claim.objects.filter(account=account, key="same").count() == 2
        assert prove(account).balance == 9

    def test_stands_for_the_body_that_came_first(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        one, other = (an_order(shop, account, quantity, key="same") for quantity in ("1", "2"))

        answers = at_once([partial(metering.charge, order) for order in (one, other)] * 16)

        assert len({answer.id for answer in receipts(answers)}) == 1
        assert (len(receipts(answers)), refusals(answers, IdempotencyKeyReused)) == (16, 16)

    def test_stands_for_the_verb_that_came_first(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        given = GrantOrder(kind="promo", tokens=Decimal(1))
        grant = partial(
            granting.grant, reference=account.reference, order=given, call=a_call(shop.product, "same")
        )
        debit = partial(metering.charge, an_order(shop, account, key="same"))

        answers = at_once([grant, debit] * 16)

        assert refusals(answers, IdempotencyKeyReused) == 16
        assert len({type(answer) for answer in answers}) == 2
        assert Entry.objects.filter(account=account).count() == 1

    def test_twice_in_one_batch_is_charged_once(self, shop: Shop) -> None:
        account = shop.an_account(policy=UNLIMITED)
        order, other = an_order(shop, account, key="same"), an_order(shop, account, "2", key="same")

        first, second, third = metering.charge_batch([order, order, other])

        assert isinstance(first, Receipt)
        assert isinstance(second, Receipt)
        assert (first.is_replay, second.is_replay) == (False, True)
        assert first == first_told(second)
        assert isinstance(third, IdempotencyKeyReused)
        assert prove(account).overage == 1

    def test_in_batches_that_cross_waits_for_nobody_for_ever(self, shop: Shop) -> None:
        accounts = [shop.an_account(policy=UNLIMITED) for _ in range(6)]
        orders = [an_order(shop, account, key=f"key-{n}") for account in accounts for n in range(4)]
        batches = [partial(metering.charge_batch, turned) for turned in (orders, orders[::-1])]

        answers = at_once(batches * 8 + [partial(metering.charge, order) for order in orders])

        rows = [row for answer in answers for row in (answer if isinstance(answer, list) else [answer])]
        assert len(receipts(rows)) == len(rows) == 17 * len(orders)
        assert [row.is_replay for row in rows].count(False) == len(orders)
        assert [prove(account).overage for account in accounts] == [4] * 6


def first_told(receipt: Receipt) -> Receipt:
    """What was answered, without whether it was the first time."""
    return replace(receipt, is_replay=False)


class TestOneGrant:
    def test_is_spent_or_voided_and_never_both(self, shop: Shop) -> None:
        account = shop.an_account()
        grant = a_grant(account, "60")
        debits = [partial(metering.charge, an_order(shop, account)) for _ in range(60)]
        void = partial(granting.void, grant_id=grant.pk, reason="", call=a_call())

        answers = at_once([*debits[:30], void, *debits[30:]])

        grant.refresh_from_db()
        assert (grant.spent, grant.remaining) == (len(receipts(answers)), 0)
        assert grant.voided == 60 - grant.spent
        assert prove(account).balance == 0

    def test_is_voided_once(self) -> None:
        account = Shop().an_account()
        grant = a_grant(account, "60")

        answers = at_once(
            [partial(granting.void, grant_id=grant.pk, reason="", call=a_call()) for _ in range(16)]
        )

        assert refusals(answers, NothingLeft) == 15
        assert Entry.objects.filter(grant=grant, kind="void").count() == 1


class TestOneDebit:
    def test_is_reversed_once(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "60")
        debit = shop.debit(account, "10")

        answers = at_once([partial(reversing.reverse, a_reversal(debit)) for _ in range(24)])

        assert refusals(answers, NothingToReverse) == 23
        assert prove(account).balance == 60

    def test_gives_back_no_more_than_it_took(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "60")
        debit = shop.debit(account, "10")

        answers = at_once([partial(reversing.reverse, a_reversal(debit, "0.75")) for _ in range(24)])

        assert refusals(answers, MoreThanLeft) == 11
        assert prove(account).balance == 60 - 10 + 13 * Decimal("0.75")

    def test_is_reversed_once_by_one_key(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "60")
        order = a_reversal(shop.debit(account, "10"), "4")

        answers: list[Any] = at_once([partial(reversing.reverse, order)] * 32)

        assert {type(answer) for answer in answers} == {ReversalReceipt}
        assert [answer.is_replay for answer in answers].count(False) == 1
        assert len({answer.id for answer in answers}) == 1
        assert Reversal.objects.filter(account=account).count() == 1
        assert prove(account).balance == 54


class TestTransfer:
    def test_both_ways_at_once_moves_what_is_there_and_makes_nothing(self, shop: Shop) -> None:
        parent = shop.an_account()
        part = shop.an_account(parent=parent.reference)
        for account in (parent, part):
            a_grant(account, "10")
        ways = ((parent, part), (part, parent))
        moves: list[Any] = [
            partial(
                granting.transfer,
                reference=source.reference,
                order=TransferOrder(to.reference, Decimal(4)),
                call=a_call(),
            )
            for source, to in ways * 12
        ]
        debits = [
            partial(metering.charge, an_order(shop, account)) for account in (parent, part) for _ in range(8)
        ]

        answers = at_once(moves + debits)

        refused = refusals(answers, InsufficientTokens)
        charged = len(receipts(answers))
        assert charged + refused + sum(isinstance(answer, Done) for answer in answers) == len(answers)
        assert prove(parent).balance + prove(part).balance == 20 - charged

    def test_under_one_key_moves_once(self) -> None:
        shop = Shop()
        parent = shop.an_account()
        part = shop.an_account(parent=parent.reference)
        a_grant(parent, "10")
        call, order = a_call(a_product(), "once"), TransferOrder(part.reference, Decimal(4))

        answers = at_once(
            [partial(granting.transfer, reference=parent.reference, order=order, call=call)] * 16
        )

        assert {repr(answer.answer) for answer in answers} == {repr(answers[0].answer)}
        assert [answer.is_replay for answer in answers].count(False) == 1
        assert (prove(parent).balance, prove(part).balance) == (6, 4)
