"""What an account may use now, and why; and that a debit would answer the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import DomainError
from pricing.models import Feature
from pricing.rules.tiers import Tier
from pricing.services import catalogue
from usage.models import Unlock
from usage.queries.entitlements import entitlements
from usage.queries.feature_cards import cards_named
from usage.rules.enrolment import Enrolment
from usage.rules.entitlements import Entitlement
from usage.services import entitling, limiting, own_prices, terms
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder, BudgetOrder
from usage.services.own_prices import OwnPriceOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant, an_account, named, up_to
from wallets.models import Account

SPRING = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
NOW = SPRING + HOUR


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


def told(account: Account, feature: str, quantity: str = "1", now: datetime = NOW) -> Entitlement:
    found = entitlements([account.reference], cards_named([feature]), quantity=Decimal(quantity), now=now)
    return found[account.reference].entitlements[0]


def word(account: Account, feature: str, quantity: str = "1", now: datetime = NOW) -> tuple[bool, str]:
    each = told(account, feature, quantity, now)
    return each.allowed, each.reason


def a_customer(shop: Shop, tokens: str | None = "10", **asked: Any) -> Account:
    account = shop.an_account(SPRING, **asked)
    if tokens is not None:
        a_grant(account, tokens, now=SPRING)
    return account


def say(account: Account, pattern: str, kind: str, **asked: Any) -> None:
    order = AccessOrder(pattern, kind, **asked)
    entitling.say(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)


def include(account: Account, pattern: str, units: str, **asked: Any) -> None:
    order = AllowanceOrder(pattern, Decimal(units), asked.pop("period", "month"), **asked)
    limiting.include(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)


def budget(account: Account, tokens: str, **asked: Any) -> None:
    order = BudgetOrder(asked.pop("code", "all"), "day", Decimal(tokens), asked.pop("is_hard", True), **asked)
    limiting.open_budget(account_id=account.pk, order=order, author=AUTHOR, now=SPRING)


class TestReason:
    def test_is_tokens_where_grants_pay(self, shop: Shop) -> None:
        assert word(a_customer(shop), shop.chat) == (True, "tokens")

    def test_is_free_where_nothing_is_charged(self, shop: Shop) -> None:
        acme = a_customer(shop, None)
        order = OwnPriceOrder(shop.chat, "free")
        own_prices.override(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)

        each = told(acme, shop.chat)

        assert (each.allowed, each.reason, each.unit_tokens, each.would_cost) == (True, "free", "0", 0)

    def test_is_included_where_an_allowance_covers_it_and_nothing_is_charged(self, shop: Shop) -> None:
        acme = a_customer(shop)
        include(acme, shop.chat, "5")

        assert word(acme, shop.chat, "5") == (True, "included")
        assert word(acme, shop.chat, "5.000000001") == (
            True,
            "included",
        )  # what is not covered rounds to nothing
        assert word(acme, shop.chat, "5.000001") == (True, "tokens")
        assert told(acme, shop.chat, "7").would_cost == 2

    def test_is_overage_where_grants_do_not_pay_all(self, shop: Shop) -> None:
        acme = a_customer(shop, policy=up_to("5"))

        told_of = [word(acme, shop.chat, quantity) for quantity in ("10", "10.000001", "15", "15.000001")]

        assert told_of == [
            (True, "tokens"),
            (True, "overage"),
            (True, "overage"),
            (False, "insufficient_tokens"),
        ]

    def test_is_insufficient_tokens_of_the_feature_that_no_grant_is_for(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        a_grant(acme, "10", now=SPRING, features=(shop.chat,))

        assert word(acme, shop.chat) == (True, "tokens")
        assert word(acme, shop.image) == (False, "insufficient_tokens")

    def test_counts_no_grant_that_is_ahead_or_over(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)
        a_grant(acme, "10", now=SPRING, effective_at=NOW + HOUR, expires_at=NOW + 2 * HOUR)
        blink = timedelta(microseconds=1)

        at = [NOW + HOUR - blink, NOW + HOUR, NOW + 2 * HOUR - blink, NOW + 2 * HOUR]

        assert [word(acme, shop.chat, now=moment)[0] for moment in at] == [False, True, True, False]

    def test_counts_what_a_grant_that_starts_repays(self, shop: Shop) -> None:
        acme = a_customer(shop, None, policy=up_to("5"))
        shop.debit(acme, "4", now=SPRING)
        a_grant(acme, "6", now=SPRING, kind="purchase", effective_at=NOW)

        assert word(acme, shop.chat, "2") == (True, "tokens")
        assert word(acme, shop.chat, "7") == (True, "overage")
        assert word(acme, shop.chat, "7.1") == (False, "insufficient_tokens")

    def test_is_not_entitled_where_access_is_closed(self, shop: Shop) -> None:
        acme = a_customer(shop)
        say(acme, shop.chat, "closed")

        assert word(acme, shop.chat) == (False, "not_entitled")
        assert word(acme, shop.image) == (True, "tokens")

    def test_is_limit_reached_where_a_hard_budget_would_be_passed(self, shop: Shop) -> None:
        acme = a_customer(shop)
        budget(acme, "5", feature=shop.chat)
        shop.debit(acme, "3", now=NOW)

        assert word(acme, shop.chat, "2") == (True, "tokens")
        assert word(acme, shop.chat, "2.000001") == (False, "limit_reached")
        assert word(acme, shop.image, "3") == (True, "tokens")
        assert word(acme, shop.chat, "5", now=NOW + DAY) == (True, "tokens")

    @pytest.mark.parametrize(
        "asked",
        [
            {"is_hard": False},
            {"subject": {"user": "ann"}},
            {"dimensions": {"model": "gpt"}},
            {"feature": "other.*"},
        ],
    )
    def test_minds_no_budget_that_is_soft_or_of_others(self, shop: Shop, asked: dict[str, Any]) -> None:
        acme = a_customer(shop)
        budget(acme, "0", **asked)

        assert word(acme, shop.chat) == (True, "tokens")

    def test_is_account_suspended_before_anything_else(self, shop: Shop) -> None:
        acme = a_customer(shop)
        say(acme, shop.chat, "closed")
        terms.enrol(reference=acme.reference, asked=Enrolment(state="suspended"), author=AUTHOR)

        assert word(acme, shop.chat) == (False, "account_suspended")

    def test_is_no_rate_where_nothing_prices_it(self, shop: Shop) -> None:
        acme = a_customer(shop)
        code = named("unpriced")
        catalogue.create_feature(product=shop.product, code=code)

        each = told(acme, code)

        assert (each.allowed, each.reason, each.would_cost, each.unit_tokens) == (
            False,
            "no_rate",
            None,
            None,
        )

    def test_is_no_rate_without_any_table(self, shop: Shop) -> None:
        assert word(an_account(SPRING), shop.chat) == (False, "no_rate")

    def test_counts_tiers_from_where_the_month_stands(self, shop: Shop) -> None:
        tiers = (Tier(Decimal(100), Decimal(1)),)
        table = shop.a_table(since=SPRING - 40 * DAY, tokens="2", tier_mode="graduated", tiers=tiers)
        acme = a_customer(shop, "1000", rate_table=table.code)
        shop.debit(acme, "99", now=NOW)

        each = told(acme, shop.chat, "2")

        assert (each.would_cost, each.unit_tokens) == (3, None)
        assert told(acme, shop.image, "2").would_cost == 4


class TestIncluded:
    def test_adds_what_was_carried_over_and_writes_nothing(self, shop: Shop) -> None:
        acme = a_customer(shop)
        include(acme, shop.chat, "5", period="day", carries=Decimal(3))
        shop.debit(acme, "1", now=NOW)

        each = told(acme, shop.chat, "9", now=NOW + DAY)

        assert (each.included, each.used, each.resets_at) == (8, 0, SPRING + 2 * DAY)
        assert each.would_cost == 1

    def test_adds_up_over_feature_and_pattern(self, shop: Shop) -> None:
        acme = a_customer(shop)
        include(acme, shop.chat, "5", anchor=date(2026, 1, 15))
        include(acme, "*", "10", period="total")
        shop.debit(acme, "7", now=NOW)

        chat, image = told(acme, shop.chat), told(acme, shop.image)

        assert (chat.included, chat.used) == (15, 7)
        assert chat.resets_at == datetime.fromisoformat("2026-03-15T00:00:00+00:00")
        assert (image.included, image.used, image.resets_at) == (10, 2, None)

    def test_is_nothing_without_an_allowance(self, shop: Shop) -> None:
        each = told(a_customer(shop), shop.chat)

        assert (each.included, each.used, each.resets_at) == (0, 0, None)


class TestUntil:
    def test_is_the_end_of_all_that_was_bought_one_after_the_other(self, shop: Shop) -> None:
        feature = Feature.objects.get(code=shop.image)
        entitling.save_unlock(Unlock(feature=feature, pattern=shop.chat, period="P10D"))
        acme = a_customer(shop)
        say(acme, "*", "closed", effective_until=SPRING + 50 * DAY)
        say(acme, shop.image, "open")
        for _ in range(3):
            shop.debit(acme, "1", features=(shop.image,), now=SPRING)

        assert told(acme, shop.chat).until == SPRING + 30 * DAY
        assert told(acme, shop.image).until is None

    def test_is_when_what_closes_it_ends(self, shop: Shop) -> None:
        acme = a_customer(shop)
        say(acme, shop.chat, "closed", effective_until=SPRING + 50 * DAY)

        assert told(acme, shop.chat).until == SPRING + 50 * DAY


def refused(act: Any) -> str | None:
    try:
        act()
    except DomainError as refusal:
        return refusal.code
    return None
