"""What entitlements say is what a debit answers: random accounts, features and quantities, each asked and then charged.

Each run has a seed of its own; ENTITLEMENTS_SEED=… plays that one again.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from config.kernel.errors import DomainError
from pricing.models import Feature
from pricing.rules.rows import RateRow
from pricing.rules.tiers import Tier
from pricing.services import catalogue, drafting, publishing
from usage.models import Unlock
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_named
from usage.queries.policies import Scope
from usage.rules.enrolment import Enrolment, PolicyChoice
from usage.rules.entitlements import Entitlement
from usage.rules.orders import DebitOrder, Item, QuoteOrder
from usage.rules.policies import GracePeriod, Throttle
from usage.services import entitling, limiting, metering, own_prices, policies, terms
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, named
from wallets.models import Account

SEED = int(os.environ.get("ENTITLEMENTS_SEED") or random.SystemRandom().randrange(10**9))
SPRING = datetime(2026, 3, 2, tzinfo=UTC)
ACCOUNTS = 8
QUANTITIES = tuple(map(Decimal, ("1", "1", "2", "5", "0.5", "10", "7.25", "0.000000001", "12345678")))
SMALL = tuple(map(Decimal, ("0", "1", "2", "5", "7.25", "10", "20.5")))
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Auckland")


class Over(Exception):
    """What was charged to see is rolled back."""


class Town:
    """Features of every kind of price, and accounts under every kind of rule, close to their limits."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.shop = Shop(since=SPRING - 40 * DAY)
        self.codes = [named("f") for _ in range(9)]
        for code in self.codes:
            catalogue.create_feature(product=self.shop.product, code=code)
        tiers = (Tier(Decimal(5), Decimal(1)), Tier(Decimal(10), Decimal("0.5"), Decimal(2)))
        flat, minimum, graduated, volume, package, formula, free, self.opener, _unpriced = self.codes
        rows = [
            RateRow(flat, Decimal(1)),
            RateRow(minimum, Decimal("0.1"), minimum=Decimal(2)),
            RateRow(graduated, Decimal(2), tier_mode="graduated", tiers=tiers),
            RateRow(volume, Decimal(2), tier_mode="volume", tiers=tiers),
            RateRow(package, Decimal(3), Decimal(4), tier_mode="package", tiers=()),
            RateRow(formula, Decimal(0), formula="ceil(quantity / 3) * 2"),
            RateRow(free, Decimal(0)),
            RateRow(self.opener, Decimal(5)),
        ]
        draft = drafting.open_draft(table=self.shop.table)
        drafting.replace_rates(draft=draft, rows=rows, revision=None)
        publishing.publish(version=draft, moment=SPRING - DAY)
        opens = Unlock(feature=Feature.objects.get(code=self.opener), pattern=flat, period="P1D")
        entitling.save_unlock(opens)

    def settle(self, count: int) -> list[Account]:
        return [self._account() for _ in range(count)]

    def _account(self) -> Account:
        dice = self.dice
        plain = (None, None, PolicyChoice("overage"), PolicyChoice("overage", dice.choice(SMALL)))
        policy = dice.choice((*plain, self._ladder(), self._ladder()))
        asked = {"time_zone": dice.choice(ZONES)} | ({"policy": policy} if policy else {})
        account = self.shop.an_account(SPRING, **asked)
        for _ in range(dice.randint(0, 3)):
            features = dice.choice(((), (dice.choice(self.codes),), ("f-*",)))
            tokens, kind = str(dice.choice(SMALL[1:])), dice.choice(("trial", "purchase", "promo"))
            starts = SPRING + dice.choice((0, 2, 30, 100)) * HOUR
            a_grant(account, tokens, now=SPRING, kind=kind, features=features, effective_at=starts)
        for _ in range(dice.randint(0, 5)):
            dice.choice((self._include, self._budget, self._say, self._own_price))(account)
        for hours in sorted(dice.choices(range(60), k=dice.randint(0, 5))):
            self._use(account, SPRING + hours * HOUR)
        if dice.random() < 0.1:
            terms.enrol(reference=account.reference, asked=Enrolment(state="suspended"), author=AUTHOR)
        return account

    def _ladder(self) -> PolicyChoice:
        dice = self.dice
        steps: dict[str, Any] = {}
        if dice.random() < 0.5:
            start, measure = dice.choice((0, 0, 50, 100)), dice.choice(("calls", "tokens"))
            steps["throttle"] = (Throttle(start, measure, Decimal(dice.choice((1, 2, 5, 8)))),)
        mode = dice.choice(("block", "overage"))
        if dice.random() < 0.5:
            hour, days = timedelta(hours=1), timedelta(days=3)
            steps["grace"] = GracePeriod(*dice.choice(((hour, None), (days, Decimal(5)), (None, Decimal(6)))))
        if mode == "overage" and dice.random() < 0.5:
            steps["limit_percent"] = Decimal(dice.choice((0, 10, 33)))
        return PolicyChoice(mode, dice.choice(SMALL) if mode == "overage" else None, notify=(80,), **steps)

    def share(self) -> None:
        """Policies for those that have none of their own: of a feature, and of all usage."""
        feature = Feature.objects.get(code=self.dice.choice(self.codes))
        for scope in (Scope(feature=feature), Scope()):
            if self.dice.random() < 0.5:
                policies.share(scope=scope, policy=self._ladder(), author=AUTHOR, now=SPRING)

    def _pattern(self) -> str:
        return self.dice.choice((*self.codes, "*", "f-*"))

    def _include(self, account: Account) -> None:
        period = self.dice.choice(("day", "day", "week", "month", "year", "total"))
        anchor = date(2026, 1, 31) if period in ("month", "year") and self.dice.random() < 0.5 else None
        carries = self.dice.choice((None, Decimal(3), Decimal(50)))
        order = AllowanceOrder(self._pattern(), self.dice.choice(SMALL[1:]), period, anchor, carries)
        limiting.include(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)

    def _budget(self, account: Account) -> None:
        dice = self.dice
        period = dice.choice(("day", "week", "month", "total"))
        subject = {"user": "ann"} if dice.random() < 0.2 else {}
        order = BudgetOrder(
            named("b"), period, dice.choice(SMALL), dice.random() < 0.8, feature=self._pattern(),
            subject=subject, per=dice.choice(("", "", "user")),
        )  # fmt: skip
        limiting.open_budget(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)

    def _say(self, account: Account) -> None:
        kind = self.dice.choice(("open", "closed", "closed"))
        ends = self.dice.choice((None, None, SPRING + 50 * HOUR))
        order = AccessOrder(self._pattern(), kind, None, ends)
        entitling.say(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)

    def _own_price(self, account: Account) -> None:
        kind = self.dice.choice(("fixed", "multiplier", "free"))
        amounts: dict[str, Any] = {
            "fixed": {"tokens": self.dice.choice(SMALL), "per": Decimal(3)},
            "multiplier": {"factor": Decimal("0.5")},
        }
        order = OwnPriceOrder(self._pattern(), kind, **amounts.get(kind, {}))
        own_prices.override(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)

    def _use(self, account: Account, now: datetime) -> None:
        try:
            with transaction.atomic():
                quantity = str(self.dice.randint(1, 6))
                self.shop.debit(account, quantity, features=(self.dice.choice(self.codes),), now=now)
        except DomainError:
            pass


@pytest.fixture
def dice(capsys: pytest.CaptureFixture[str]) -> random.Random:
    with capsys.disabled():
        sys.stdout.write(f"ENTITLEMENTS_SEED={SEED}\n")
    return random.Random(SEED)


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_entitlements_say_what_a_quote_says_and_a_debit_does(dice: random.Random) -> None:
    town = Town(dice)
    town.share()
    accounts = town.settle(ACCOUNTS)
    answers = set()

    for now in (SPRING + 61 * HOUR, SPRING + 101 * HOUR, SPRING + 40 * DAY):
        for quantity in dice.sample(QUANTITIES, 3):
            told = entitlements(
                [each.reference for each in accounts], cards_named(town.codes), quantity=quantity, now=now
            )
            for account in accounts:
                for each in told[account.reference].entitlements:
                    if each.feature.code == town.opener and (quantity % 1 or quantity > 100):
                        continue  # sold by whole periods: no debit could be of that
                    asked = account, each.feature.code, quantity, now
                    where = f"ENTITLEMENTS_SEED={SEED} {asked}\n{each}"
                    assert by_quote(town, *asked) == said(each, quantity), where
                    assert by_debit(town, *asked) == (each.allowed, None if each.allowed else each.reason), (
                        where
                    )
                    answers.add(each.allowed)

    assert answers == {True, False}


def said(each: Entitlement, quantity: Decimal) -> tuple[bool, str | None, Decimal | None]:
    refusal = None if each.allowed else each.reason
    return each.allowed, refusal, each.would_cost


def by_quote(
    town: Town, account: Account, code: str, quantity: Decimal, now: datetime
) -> tuple[bool, str | None, Decimal | None]:
    items = (Item(code, quantity, {}),)
    order = QuoteOrder(account.reference, town.shop.product.pk, items, received_at=now, now=now)
    try:
        quoted = metering.quote(order)
    except DomainError as refusal:
        return False, refusal.code, None
    return quoted.refusal is None, quoted.refusal, quoted.tokens


def by_debit(
    town: Town, account: Account, code: str, quantity: Decimal, now: datetime
) -> tuple[bool, str | None]:
    order = DebitOrder(
        account.reference,
        town.shop.product.pk,
        town.shop.key.pk,
        uuid4().hex,
        b"\0" * 32,
        (Item(code, quantity, {}),),
        received_at=now + timedelta(seconds=1),
        now=now,
    )
    try:
        with transaction.atomic():
            metering.charge(order)
            raise Over
    except Over:
        return True, None
    except DomainError as refusal:
        return False, refusal.code
