"""What an order changes moves no token that it need not, and order and revenue have the same money, to the cent."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.models import GrantRevenue, OrderGrant, OrderPeriod, Portion
from billing.queries import audit_orders, audit_revenue
from billing.rules.money import rounded
from billing.services import auditing, recognising
from billing.tests.books_of_revenue import wallets_of
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, left, order
from config.kernel.errors import DomainError
from usage.rules.grants import TransferOrder
from usage.services import granting, reversing
from usage.tests.held import a_hold, release
from usage.tests.made import DAY, HOUR, Shop, a_call, a_reversal, clock, named
from wallets.models import Account, Entry, ExpiryChange, Grant

pytestmark = pytest.mark.django_db

CHECKS = [check.name for check in (*audit_orders.CHECKED, *audit_revenue.REVENUE)]
FOR_A_PERIOD = {"every": "period", "ends_with_period": True}
SUMS = ("paid", "recognised", "deferred", "breakage", "refunded", "transferred")


def reckon(*accounts: Account) -> None:
    while recognising.reckon_wallets([(each.account_id, each.pk) for each in wallets_of(*accounts)]):
        continue


def money(account: Account) -> dict[str, Decimal]:
    """Where what the account's orders were paid stands by revenue, but for what is nowhere."""
    reckon(account)
    grants = OrderGrant.objects.filter(account=account).values("grant_id")
    found = GrantRevenue.objects.filter(grant_id__in=grants).aggregate(**{name: Sum(name) for name in SUMS})
    return {name: amount for name, amount in found.items() if amount}


def paid(account: Account) -> Decimal:
    """What the account's orders have as paid for tokens that were not taken back."""
    found: Decimal = Portion.objects.filter(account=account).aggregate(paid=Sum("paid"))["paid"]
    return found


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account()


class TestAChange:
    def test_of_a_price_moves_no_token(self, shop: Shop, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        spent = shop.debit(acme, "250")
        hold = a_hold(shop, acme, "300")
        before = Entry.objects.filter(account=acme).count()

        order(acme, a_line(offer, amount="40"), external_id=name, version=2)
        cheaper = money(acme)
        order(acme, a_line(offer, amount="70"), external_id=name, version=3)

        assert Entry.objects.filter(account=acme).count() == before
        assert cheaper == {"paid": 100, "recognised": 25, "deferred": 15, "refunded": 60}
        assert money(acme) == {"paid": 130, "recognised": 25, "deferred": 45, "refunded": 60}
        release(shop, hold)
        reversing.reverse(a_reversal(spent))
        assert left(acme) == [1000]
        assert money(acme) == {"paid": 130, "deferred": 70, "refunded": 60}
        assert auditing.findings(CHECKS) == ()

    def test_of_a_price_is_earned_at_once_where_all_is_spent(self, shop: Shop, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        shop.debit(acme, "1000")

        order(acme, a_line(offer, amount="120"), external_id=name, version=2)

        assert money(acme) == {"paid": 120, "recognised": 120}
        assert OrderPeriod.objects.get(account=acme).amount == paid(acme) == 120
        assert auditing.findings(CHECKS) == ()

    def test_of_an_end_moves_the_expiry_alone(self, shop: Shop, acme: Account) -> None:
        offer, name, now = an_offer(tokens=[bought("1000")]), named("SO"), clock()
        order(acme, a_line(offer), external_id=name, starts_at=now - 2 * DAY)
        hold = a_hold(shop, acme, "400")

        sooner = [now + 90 * DAY, now + 30 * DAY, now - DAY]
        for version, ends_at in enumerate(sooner, 2):
            order(
                acme,
                a_line(offer, ends_at=ends_at),
                external_id=name,
                version=version,
                starts_at=now - 2 * DAY,
            )
        release(shop, hold)

        assert left(acme) == [1000]
        ends = [row.expires_after for row in ExpiryChange.objects.filter(account=acme).order_by("pk")]
        assert ends[:2] == sooner[:2]
        assert ends[2] - now < timedelta(minutes=10)
        assert paid(acme) == 100

    def test_to_fewer_tokens_takes_only_those(self, shop: Shop, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        spent = shop.debit(acme, "300")
        hold = a_hold(shop, acme, "500")

        order(acme, a_line(offer, "0.9"), external_id=name, version=2)
        release(shop, hold)
        reversing.reverse(a_reversal(spent))

        assert left(acme) == [900]
        assert money(acme) == {"paid": 100, "deferred": 90, "refunded": 10}
        assert auditing.findings(CHECKS) == ()


class TestCancelling:
    def test_lets_what_comes_back_lapse_and_keeps_its_price(self, shop: Shop, acme: Account) -> None:
        offer, name = an_offer(tokens=[bought("1000")]), named("SO")
        order(acme, a_line(offer), external_id=name)
        spent = shop.debit(acme, "600")
        hold = a_hold(shop, acme, "400")

        order(acme, a_line(offer), external_id=name, version=2, state="cancelled")
        release(shop, hold)
        reversing.reverse(a_reversal(spent, "100"))

        (grant,) = given_to(acme)
        assert (grant.remaining, grant.spent, grant.voided) == (0, 500, 500)
        assert money(acme) == {"paid": 100, "recognised": 50, "breakage": 50}
        assert OrderPeriod.objects.get(account=acme).amount == paid(acme) == 100
        assert auditing.findings(CHECKS) == ()

    @pytest.mark.parametrize(("spent", "due", "refunded"), [("900", "90", "10"), ("100", "50", "50")])
    def test_of_a_plan_is_due_its_time_and_no_less_than_its_tokens(
        self, shop: Shop, spent: str, due: str, refunded: str
    ) -> None:
        start = datetime.fromisoformat("2026-02-01T00:00Z")
        shop = Shop(since=start - DAY)
        acme, name = shop.an_account(start - DAY), named("SO")
        plan = an_offer(kind="plan", period="month", tokens=[bought("1000", **FOR_A_PERIOD)])
        order(acme, a_line(plan), external_id=name, now=start)
        shop.debit(acme, spent, now=start + DAY)

        half = start + 14 * DAY
        order(acme, a_line(plan), external_id=name, version=2, state="cancelled", now=half)

        stands = money(acme)
        assert OrderPeriod.objects.get(account=acme).amount == paid(acme) == Decimal(due)
        assert (stands["recognised"], stands["refunded"]) == (Decimal(spent) / 10, Decimal(refunded))
        assert stands.get("breakage", 0) == Decimal(due) - Decimal(spent) / 10
        assert auditing.findings(CHECKS) == ()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["debit", "debit", "hold", "release", "reverse", "price", "tokens", "end", "transfer", "cancel"]
        ),
        st.integers(1, 40),
    ),
    min_size=4,
    max_size=12,
)
START = datetime.fromisoformat("2003-02-01T00:00Z")


class Story:
    """A customer of an order, who does what the steps say. there: tokens that the customer must have had of it."""

    def __init__(self, *, is_plan: bool) -> None:
        self.shop, self.now, self.version = Shop(since=START - DAY), START, 1
        self.account = self.shop.an_account(START)
        self.part = self.shop.an_account(START, parent=self.account.reference)
        parts = [bought("97", **(FOR_A_PERIOD if is_plan else {}))]
        asked: dict[str, Any] = {"kind": "plan", "period": "month"} if is_plan else {}
        self.offer, self.name = an_offer("33.35", tokens=parts, **asked), named("SO")
        self.line: dict[str, Any] = {"quantity": "1", "amount": "33.35"}
        self.debits: list[Any] = []
        self.holds: list[Any] = []
        self.gone = Decimal(0)
        self.is_cancelled = False
        self.say()

    def say(self, **given: Any) -> None:
        line = a_line(self.offer, **self.line)
        order(self.account, line, external_id=self.name, version=self.version, now=self.now, **given)
        self.version += 1

    def step(self, name: str, amount: int) -> None:
        self.now += amount * HOUR / 2
        with suppress(DomainError):
            getattr(self, f"_{name}")(amount)

    def _debit(self, amount: int) -> None:
        self.debits.append(self.shop.debit(self.account, f"{amount}.5", now=self.now))

    def _hold(self, amount: int) -> None:
        self.holds.append(a_hold(self.shop, self.account, str(amount), now=self.now, expires_in=900 * 3600))

    def _release(self, amount: int) -> None:
        if self.holds:
            release(self.shop, self.holds[amount % len(self.holds)], now=self.now, key=named("key"))

    def _reverse(self, amount: int) -> None:
        if self.debits:
            debit = self.debits[amount % len(self.debits)]
            reversing.reverse(a_reversal(debit, str(amount) if amount % 2 else None, self.now))

    def _transfer(self, amount: int) -> None:
        asked = TransferOrder(to=self.part.reference, tokens=Decimal(amount))
        granting.transfer(reference=self.account.reference, order=asked, call=a_call(now=self.now))
        self.gone += amount

    def _price(self, amount: int) -> None:
        self._change(amount=f"{amount}.37")

    def _tokens(self, amount: int) -> None:
        self._change(quantity=str(Decimal(amount) / 20))

    def _end(self, amount: int) -> None:
        self._change(ends_at=START + (amount + 40) * DAY)

    def _change(self, **changed: Any) -> None:
        if self.is_cancelled:
            return
        had = self.had()
        self.line |= changed
        self.say()
        wanted = Portion.objects.filter(account=self.account).aggregate(found=Sum("wanted"))["found"]
        kept = self.sum_of("spent") + self.sum_of("held") + self.gone
        assert self.had() == (max(wanted, kept) if wanted < had else wanted)

    def _cancel(self, amount: int) -> None:
        if amount % 3 == 0 and not self.is_cancelled:
            self.say(state="cancelled")
            self.is_cancelled = True

    def had(self) -> Decimal:
        """What the customer has, held ones too, has spent and has moved on."""
        return self.sum_of("remaining") + self.sum_of("spent") + self.gone

    def sum_of(self, bucket: str) -> Decimal:
        made = OrderGrant.objects.filter(account=self.account).values("grant_id")
        found = Grant.objects.filter(pk__in=made).aggregate(found=Sum(bucket))["found"]
        return found or Decimal(0)


class TestRandomStories:
    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(steps=STEPS, is_plan=st.booleans(), at_once=st.integers(1, 9))
    def test_lose_no_token_and_no_cent(
        self, steps: list[tuple[str, int]], is_plan: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recognising, "ENTRIES_AT_ONCE", 2 * at_once)
        story = Story(is_plan=is_plan)
        for place, (name, amount) in enumerate(steps):
            story.step(name, amount)
            if place % 4 == at_once % 4:
                reckon(story.part, story.account)
        stands = money(story.account)
        reckon(story.part)

        gave = OrderGrant.objects.filter(account=story.account).aggregate(
            *(Sum(name) for name in ("tokens", "taken", "paid", "taken_paid"))
        )
        lapsed = story.sum_of("voided") - gave["taken__sum"] + story.sum_of("expired")
        assert story.had() + lapsed == gave["tokens__sum"] - gave["taken__sum"]
        assert lapsed == 0 or story.is_cancelled
        assert stands.get("paid", 0) == gave["paid__sum"]
        assert stands.get("refunded", 0) == gave["taken_paid__sum"]
        kept = sum(stands.get(name, 0) for name in ("recognised", "deferred", "breakage", "transferred"))
        assert kept == paid(story.account)
        due = sum((each.amount for each in OrderPeriod.objects.filter(account=story.account)), Decimal(0))
        assert rounded(due, "USD") == kept
        assert auditing.findings(CHECKS) == ()
