"""A truth table of every step: a millionth below what fits, just what fits, a millionth more; alone and 32 at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest

from config.kernel.errors import DomainError
from usage.models import Bucket, Debit, Denial, Judgement
from usage.models.bucket import SCALE
from usage.rules.policies import PolicyChoice
from usage.services import metering
from usage.tests.laddered import block, calls, crossed, grace, graces, money, overage, tokens
from usage.tests.made import Shop, a_grant, clock
from usage.tests.racing import an_order, at_once, prove, receipts
from wallets.models import Account, Entry

pytestmark = pytest.mark.committed

CALLERS = 32
EACH, FITTING = Decimal("3.000001"), 20
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True)
class Step:
    """A step that lets just `room` tokens through, and the code of its refusal."""

    name: str
    policy: Callable[[Decimal], PolicyChoice]
    code: str
    is_beyond_zero: bool = True

    def __str__(self) -> str:
        return self.name


STEPS = (
    Step("block", lambda room: block(50, 80), "insufficient_tokens", is_beyond_zero=False),
    Step("plain cap", lambda room: overage(str(room)), "insufficient_tokens"),
    Step("cap", lambda room: overage(str(room), notify=(100,)), "insufficient_tokens"),
    Step("cap by percent", lambda room: overage(limit_percent=room * 100), "insufficient_tokens"),
    Step("cap by money", lambda room: overage(limit_money=money(str(room * 2), "2")), "insufficient_tokens"),
    Step("grace", lambda room: block(grace=grace(str(room))), "insufficient_tokens"),
    Step("throttle of tokens", lambda room: overage(throttle=(tokens(str(room)),)), "throttled"),
    Step("throttle of calls", lambda room: overage(throttle=(calls(int(room / EACH)),)), "throttled"),
)


def an_account(shop: Shop, step: Step, room: Decimal) -> Account:
    """One that has one token beside the room, or the room and nothing more where it is blocked."""
    account = shop.an_account(policy=step.policy(room))
    if step.is_beyond_zero:
        a_grant(account, "1", kind="purchase")
    else:
        a_grant(account, str(room))
    return account


def spend(shop: Shop, account: Account, tokens: Decimal, now: datetime, key: str = "") -> str:
    """The notices of the debit, or the code of its refusal."""
    order = an_order(shop, account, str(tokens), key=key, at=now)
    try:
        return ",".join(metering.charge(replace(order, now=now)).notices)
    except DomainError as refusal:
        return refusal.code


@pytest.mark.parametrize(
    "more", [-MILLIONTH, Decimal(0), MILLIONTH], ids=["a millionth less", "just", "a millionth more"]
)
@pytest.mark.parametrize("step", STEPS, ids=str)
class TestStep:
    def test_lets_32_callers_take_what_fits_and_not_a_millionth_more(self, step: Step, more: Decimal) -> None:
        shop = Shop()
        room = EACH * FITTING + more
        account = an_account(shop, step, room)
        now = clock()
        if step.is_beyond_zero and step.code != "throttled":
            spend(shop, account, Decimal(1), now)
        fits = FITTING - (more < 0)

        told = Counter(at_once([partial(spend, shop, account, EACH, now)] * CALLERS, CALLERS))

        assert told[step.code] == CALLERS - fits
        assert sum(told.values()) == CALLERS
        wallet = prove(account)
        if step.code != "throttled" and step.is_beyond_zero:
            assert wallet.overage == EACH * fits <= room
        for entry in Entry.objects.filter(account=account, kind="overage"):
            assert entry.floor is None or entry.overage_after <= -entry.floor
        assert max(Counter(crossed(account)).values(), default=1) == 1
        assert sum(Denial.objects.filter(account=account).values_list("count", flat=True)) == CALLERS - fits


@pytest.mark.parametrize("more", [-MILLIONTH, Decimal(0), MILLIONTH], ids=["less", "just", "more"])
@pytest.mark.parametrize("step", [step for step in STEPS if step.name != "throttle of calls"], ids=str)
class TestStepAlone:
    def test_lets_the_last_millionth_through_and_refuses_the_next(self, step: Step, more: Decimal) -> None:
        shop = Shop()
        room = EACH * FITTING
        account = an_account(shop, step, room)
        now = clock()
        if step.is_beyond_zero and step.code != "throttled":
            spend(shop, account, Decimal(1), now)

        first = spend(shop, account, room + more, now)
        second = spend(shop, account, MILLIONTH, now)

        never = "limit_reached" if step.code == "throttled" else step.code
        assert (first == never) == (more > 0)
        assert (second == step.code) == (more == 0)
        assert Debit.objects.filter(account=account, tokens=room + more).count() == int(more <= 0)


class TestNotices:
    def test_are_told_once_to_32_callers(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=overage("50", notify=(50, 80, 100), grace=grace("40")))
        a_grant(account, "100")
        now = clock()

        told = at_once([partial(spend, shop, account, Decimal(1), now)] * 160, CALLERS)

        counted = Counter(notice for each in told for notice in each.split(",") if notice)
        assert counted == {
            "threshold:50": 1,
            "threshold:80": 1,
            "threshold:100": 1,
            "grace": 40,
            "overage": 40,
            "insufficient_tokens": 20,
        }
        assert sorted(crossed(account)) == [
            ("balance.depleted", "depleted"),
            *[("balance.threshold", f"threshold:{share}") for share in (100, 50, 80)],
            ("grace.ended", "grace"),
            ("grace.started", "grace"),
            ("overage.started", "overage"),
        ]
        assert [each.ended_by for each in graces(account)] == ["amount"]
        assert prove(account).overage == 40
        assert Judgement.objects.filter(account=account).count() == 140


class TestBucket:
    def test_is_taken_from_once_a_key_whoever_sends_it_again(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=overage(throttle=(calls(60),)))
        now = clock()

        at_once(
            [partial(spend, shop, account, Decimal(1), now, f"key-{n % 20}") for n in range(200)], CALLERS
        )

        assert Bucket.objects.get(account=account).level == 40 * SCALE

    def test_unlimited_overage_takes_from_none(self) -> None:
        shop = Shop()
        account = shop.an_account(policy=overage())
        now = clock()

        told = at_once([partial(spend, shop, account, EACH, now)] * 100, CALLERS)

        assert set(told) == {"overage"}
        assert prove(account).overage == EACH * 100
        assert len(receipts(told)) == 0
        assert not Bucket.objects.filter(account=account).exists()
