"""Holds that race for one wallet, one end or one key: real threads, real commits, and the books afterwards."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from config.kernel.errors import InsufficientTokens, LimitReached
from usage.models import BudgetCount, Claim, Debit, Denial, HoldBudget, HoldCover, HoldRequest, HoldStep
from usage.rules.holds import HoldReceipt
from usage.services import granting, holding, limiting, metering
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.tests.held import a_hold, capture_order, hold_order, release_order
from usage.tests.made import AUTHOR, Shop, a_call, a_grant, up_to
from usage.tests.racing import an_order, at_once, prove, receipts, refusals
from wallets.errors import HoldExpired, HoldSettled
from wallets.models import Account, Grant, Hold, Wallet
from wallets.services import ledger

pytestmark = pytest.mark.committed


@pytest.fixture
def shop() -> Shop:
    return Shop()


def made(answers: list[Any]) -> list[HoldReceipt]:
    return [answer for answer in answers if isinstance(answer, HoldReceipt)]


def prove_held(account: Account) -> Wallet:
    """That the books are right, and that what grants and wallet keep is what open holds pin."""
    wallet = prove(account)
    open_holds = Hold.objects.filter(account=account, state="held")
    held = sum((hold.held for hold in open_holds), Decimal(0))
    assert (
        wallet.held == held == sum((each.held for each in Grant.objects.filter(account=account)), Decimal(0))
    )
    assert wallet.overage_held == sum((hold.overage_held for hold in open_holds), Decimal(0))
    return wallet


class TestOneEnd:
    def test_comes_to_each_of_five_hundred_holds_by_capture_release_or_time(self, shop: Shop) -> None:
        """Half of them end by themselves while they are captured, released and swept."""
        accounts = [shop.an_account() for _ in range(20)]
        for account in accounts:
            a_grant(account, "100")
        orders = [
            hold_order(shop, account, "2", expires_in=900 if number % 2 else 2)
            for account in accounts
            for number in range(25)
        ]
        holds = made(at_once([partial(holding.make, order) for order in orders]))
        assert len(holds) == 500

        calls: list[tuple[str, Any, Any]] = []
        for hold in holds:
            calls.append(("capture", hold.id, partial(holding.capture, capture_order(shop, hold, "1"))))
            calls.append(("release", hold.id, partial(holding.release, release_order(shop, hold))))
        calls += [("sweep", None, partial(ledger.settle, account_id=each.pk)) for each in accounts * 5]
        random.Random(7).shuffle(calls)
        answers = at_once([call for *_, call in calls])

        won: dict[Any, list[str]] = {hold.id: [] for hold in holds}
        for (verb, hold_id, _), answer in zip(calls, answers, strict=True):
            if isinstance(answer, HoldReceipt):
                if answer.state != "expired":
                    won[hold_id].append(f"{verb}d")
            elif isinstance(answer, Exception):
                assert isinstance(answer, HoldSettled | HoldExpired), answer
        states = dict(Hold.objects.filter(pk__in=won).values_list("pk", "state"))
        assert {pk: [state] if state != "expired" else [] for pk, state in states.items()} == won
        assert set(states.values()) == {"captured", "released", "expired"}
        captured = Counter(
            Hold.objects.filter(state="captured", pk__in=won).values_list("account", flat=True)
        )
        for account in accounts:
            wallet = prove_held(account)
            assert (wallet.balance, wallet.held) == (100 - captured[account.pk], 0)
            assert Debit.objects.filter(account=account).count() == captured[account.pk]
            steps = HoldStep.objects.filter(account=account)
            assert steps.filter(kind="capture").count() == captured[account.pk]

    def test_is_one_of_many_that_are_asked_for_at_once(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "10")
        hold = a_hold(shop, account, "4")
        calls = [partial(holding.capture, capture_order(shop, hold, "3")) for _ in range(12)]
        calls += [partial(holding.release, release_order(shop, hold)) for _ in range(12)]

        answers = at_once(calls)

        assert (len(made(answers)), refusals(answers, HoldSettled)) == (1, 23)
        wallet = prove_held(account)
        assert wallet.balance == (7 if made(answers)[0].state == "captured" else 10)


class TestLastTokens:
    def test_are_never_held_twice(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10.5"))
        a_grant(account, "30")

        answers = at_once([partial(holding.make, hold_order(shop, account, "1")) for _ in range(120)])

        assert (len(made(answers)), refusals(answers, InsufficientTokens)) == (40, 80)
        wallet = prove_held(account)
        assert (wallet.balance, wallet.held, wallet.overage_held) == (30, 30, 10)
        assert Denial.objects.get(account=account).count == 80

    def test_are_held_or_spent_and_never_both(self, shop: Shop) -> None:
        account = shop.an_account(policy=up_to("10.5"))
        a_grant(account, "30")
        holds = [partial(holding.make, hold_order(shop, account, "1")) for _ in range(60)]
        debits = [partial(metering.charge, an_order(shop, account)) for _ in range(60)]

        answers = at_once([call for pair in zip(holds, debits, strict=True) for call in pair])

        assert len(made(answers)) + len(receipts(answers)) == 40
        assert refusals(answers, InsufficientTokens) == 80
        wallet = prove_held(account)
        assert wallet.overage + wallet.overage_held <= Decimal("10.5")
        captures = [partial(holding.capture, capture_order(shop, hold, "1")) for hold in made(answers)]
        assert refusals(at_once(captures), InsufficientTokens) == 0
        assert prove_held(account).overage == 10

    def test_go_to_steps_of_one_hold_once(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "40")
        hold = a_hold(shop, account, "30")
        step = partial(capture_order, shop, hold, "1", is_final=False)

        answers = at_once([partial(holding.capture, step()) for _ in range(60)])

        assert (len(made(answers)), refusals(answers, InsufficientTokens)) == (40, 20)
        assert sorted(each.captured for each in made(answers)) == list(range(1, 41))
        assert prove_held(account).balance == 0

    def test_are_voided_held_or_spent(self, shop: Shop) -> None:
        account = shop.an_account()
        grant = a_grant(account, "60")
        holds: list[Any] = [partial(holding.make, hold_order(shop, account, "1")) for _ in range(60)]
        void = partial(granting.void, grant_id=grant.pk, reason="", call=a_call())

        answers = at_once([*holds[:30], void, *holds[30:]])
        held = made(answers)
        at_once(
            [
                partial(holding.capture, capture_order(shop, hold, "0.25"))
                if place % 2
                else partial(holding.release, release_order(shop, hold))
                for place, hold in enumerate(held)
            ]
        )

        grant.refresh_from_db()
        spent = Decimal("0.25") * (len(held) // 2)
        assert (grant.spent, grant.voided, grant.remaining, grant.held) == (spent, 60 - spent, 0, 0)
        assert prove_held(account).balance == 0


class TestOneKey:
    def test_sent_twenty_times_is_one_hold(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        order = hold_order(shop, account, "2.5", key="once")

        answers = made(at_once([partial(holding.make, order)] * 20))

        assert [answer.is_replay for answer in answers].count(False) == 1
        assert {replace(answer, is_replay=False) for answer in answers} == {
            replace(answers[0], is_replay=False)
        }
        assert len(answers) == 20
        assert HoldRequest.objects.filter(account=account).count() == 1
        assert prove_held(account).held == Decimal("2.5")

    def test_sent_twenty_times_is_one_capture(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        hold = a_hold(shop, account, "10")
        order = capture_order(shop, hold, "3", is_final=False, key="once")

        answers = made(at_once([partial(holding.capture, order)] * 20))

        assert [answer.is_replay for answer in answers].count(False) == 1
        assert {(answer.held, answer.captured) for answer in answers} == {(7, 3)}
        assert Debit.objects.filter(account=account).count() == 1
        assert prove_held(account).balance == 97

    def test_sent_twenty_times_is_one_release(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        order = release_order(shop, a_hold(shop, account, "10"), key="once")

        answers = made(at_once([partial(holding.release, order)] * 20))

        assert [answer.is_replay for answer in answers].count(False) == 1
        assert Claim.objects.filter(account=account, effect="release").count() == 1
        assert prove_held(account).held == 0

    def test_of_a_debit_and_a_hold_is_of_the_one_that_came_first(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "100")
        hold = partial(holding.make, hold_order(shop, account, "1", key="same"))
        debit = partial(metering.charge, an_order(shop, account, key="same"))

        answers = at_once([hold, debit] * 10)

        assert len(made(answers)) in (0, 10)
        assert len(made(answers)) + len(receipts(answers)) == 10
        assert Claim.objects.filter(account=account, key="same").count() == 1


class TestRoom:
    def test_in_a_budget_of_ten_is_kept_or_spent_ten_times_and_never_more(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "1000")
        budget = BudgetOrder(code="ten", period="total", tokens=Decimal(10), is_hard=True)
        limiting.open_budget(account_id=account.pk, order=budget, author=AUTHOR)

        holds = [partial(holding.make, hold_order(shop, account, "1")) for _ in range(100)]
        debits = [partial(metering.charge, an_order(shop, account, "1")) for _ in range(100)]
        answers = at_once([each for pair in zip(holds, debits, strict=True) for each in pair])

        kept = sum(HoldBudget.objects.filter(account=account).values_list("kept", flat=True), Decimal(0))
        spent = sum(BudgetCount.objects.filter(account=account).values_list("spent", flat=True), Decimal(0))
        assert kept + spent == 10
        assert refusals(answers, LimitReached) == 190
        prove_held(account)

    def test_in_an_allowance_covers_each_unit_once(self, shop: Shop) -> None:
        account = shop.an_account()
        a_grant(account, "1000")
        included = AllowanceOrder(pattern=shop.chat, units=Decimal(10), period="total")
        limiting.include(account_id=account.pk, order=included, author=AUTHOR)

        made_ones = made(at_once([partial(holding.make, hold_order(shop, account, "1")) for _ in range(30)]))
        orders = [capture_order(shop, hold, "1") for hold in made_ones]
        at_once([partial(holding.capture, order) for order in orders])

        debits = Debit.objects.filter(account=account)
        assert Counter(debits.values_list("outcome", flat=True)) == {"covered": 10, "charged": 20}
        assert HoldCover.objects.filter(account=account, kept__gt=0).count() == 0
        prove_held(account)
