"""What an account may use: which fact decides, from when until when, and what a refusal tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.kernel.errors import AccountSuspended, InvalidRequest, NotEntitled
from pricing.errors import InstantInThePast
from usage.models import Access, Debit, Denial
from usage.queries.denials import denial
from usage.rules.orders import Item, QuoteOrder
from usage.services import entitling, limiting, metering, terms
from usage.services.entitling import AccessOrder
from usage.services.limiting import BudgetOrder
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
BLINK = timedelta(microseconds=1)


def a_customer(shop: Shop, now: datetime | None = SPRING) -> Account:
    account = shop.an_account(now)
    a_grant(account, "1000", now=now)
    return account


def said(
    account: Account, pattern: str, kind: str = "open", now: datetime | None = SPRING, **asked: Any
) -> Access:
    order = AccessOrder(pattern, kind, **asked)
    return entitling.say(account_id=account.pk, order=order, author=AUTHOR, now=now)


def may_use(shop: Shop, account: Account, feature: str, now: datetime, at: datetime | None = None) -> bool:
    try:
        shop.debit(account, "1", features=(feature,), now=now, at=at)
    except NotEntitled:
        return False
    return True


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestSay:
    def test_leaves_all_open_where_nothing_is_said(self, shop: Shop) -> None:
        acme = a_customer(shop)

        assert may_use(shop, acme, shop.chat, SPRING + HOUR)

    def test_closes_from_its_start_until_its_end(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "closed", effective_from=SPRING + HOUR, effective_until=SPRING + 2 * HOUR)

        told = [
            may_use(shop, acme, shop.chat, at)
            for at in (
                SPRING + HOUR - BLINK,
                SPRING + HOUR,
                SPRING + 2 * HOUR - BLINK,
                SPRING + 2 * HOUR,
            )
        ]

        assert told == [True, False, False, True]

    def test_is_judged_by_when_the_usage_occurred(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "closed", SPRING + HOUR)
        later = SPRING + 2 * HOUR

        assert may_use(shop, acme, shop.chat, later, at=SPRING + HOUR - BLINK)
        assert not may_use(shop, acme, shop.chat, later, at=SPRING + HOUR)

    def test_goes_by_the_feature_before_the_longest_pattern(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, "*", "closed")
        said(acme, f"{shop.chat[:6]}*", "open")
        said(acme, f"{shop.chat[:8]}*", "closed")

        closed = may_use(shop, acme, shop.chat, SPRING + HOUR)
        said(acme, shop.chat, "open", SPRING + HOUR)

        assert (closed, may_use(shop, acme, shop.chat, SPRING + HOUR)) == (False, True)
        assert not may_use(shop, acme, shop.image, SPRING + HOUR)

    def test_lets_a_wider_pattern_decide_where_the_close_one_has_no_say_any_more(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, "*", "closed")
        said(acme, shop.chat, "open")
        said(acme, shop.chat, "none", SPRING + HOUR)

        assert not may_use(shop, acme, shop.chat, SPRING + HOUR)

    def test_opens_again_after_it_was_closed(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "closed")
        said(acme, shop.chat, "open", SPRING + HOUR, effective_until=SPRING + 2 * HOUR)

        told = [may_use(shop, acme, shop.chat, SPRING + n * HOUR) for n in (1, 2)]

        assert told == [True, False]

    def test_closes_what_was_open_before(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "open")
        said(acme, shop.chat, "closed", SPRING + HOUR)

        assert not may_use(shop, acme, shop.chat, SPRING + HOUR)

    def test_for_a_time_never_shortens_what_is_open_longer(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, "*", "closed")
        said(acme, shop.chat, "open", effective_until=SPRING + 10 * DAY)
        said(acme, shop.chat, "open", SPRING + HOUR, effective_until=SPRING + 2 * HOUR)

        assert may_use(shop, acme, shop.chat, SPRING + 10 * DAY - BLINK)
        assert not may_use(shop, acme, shop.chat, SPRING + 10 * DAY)

    def test_closed_for_a_time_ends_for_good_what_was_open_before(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, "*", "closed")
        said(acme, shop.chat, "open")
        said(acme, shop.chat, "closed", SPRING + HOUR, effective_until=SPRING + 2 * HOUR)

        assert not may_use(shop, acme, shop.chat, SPRING + 2 * HOUR)

    @pytest.mark.parametrize(
        ("asked", "detail"),
        [
            ({"pattern": "a b"}, "Access is to a feature's code or a pattern that ends in *."),
            ({"kind": "ajar"}, "Value 'ajar' is not a valid choice."),
            ({"effective_until": SPRING}, "Access ends after it starts."),
            (
                {"kind": "none", "effective_until": SPRING + DAY},
                "Access is open or closed for a time, or what was said of it ends.",
            ),
        ],
    )
    def test_refuses_what_is_not_in_form(self, shop: Shop, asked: dict[str, Any], detail: str) -> None:
        acme = a_customer(shop)

        with pytest.raises(InvalidRequest) as refused:
            said(acme, **{"pattern": shop.chat} | asked)

        assert refused.value.detail == detail
        assert not Access.objects.filter(account=acme).exists()

    def test_refuses_to_change_what_is_past(self, shop: Shop) -> None:
        acme = a_customer(shop)

        with pytest.raises(InstantInThePast):
            said(acme, shop.chat, "closed", effective_from=SPRING - BLINK)

        assert not Access.objects.filter(account=acme).exists()


class TestSetMode:
    def test_closes_all_that_was_not_opened(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "open")

        told = entitling.set_mode(account_id=acme.pk, mode="bought", author=AUTHOR, now=SPRING)

        assert told is True
        assert may_use(shop, acme, shop.chat, SPRING + HOUR)
        assert not may_use(shop, acme, shop.image, SPRING + HOUR)

    def test_opens_the_portfolio_again_and_leaves_what_is_closed_by_name(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "closed")
        entitling.set_mode(account_id=acme.pk, mode="bought", author=AUTHOR, now=SPRING)

        entitling.set_mode(account_id=acme.pk, mode="portfolio", author=AUTHOR, now=SPRING + HOUR)

        assert may_use(shop, acme, shop.image, SPRING + HOUR)
        assert not may_use(shop, acme, shop.chat, SPRING + HOUR)

    def test_says_nothing_where_it_is_so_already(self, shop: Shop) -> None:
        acme = a_customer(shop)

        told = entitling.set_mode(account_id=acme.pk, mode="portfolio", author=AUTHOR, now=SPRING)

        assert told is False
        assert not Access.objects.filter(account=acme).exists()

    def test_refuses_another_word(self, shop: Shop) -> None:
        acme = a_customer(shop)

        with pytest.raises(InvalidRequest):
            entitling.set_mode(account_id=acme.pk, mode="rented", author=AUTHOR, now=SPRING)


class TestRefusal:
    def test_names_what_closed_it_and_writes_nothing_but_the_denial(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, "*", "closed")

        with pytest.raises(NotEntitled) as refused:
            shop.debit(acme, "1", "2", features=(shop.chat, shop.image), now=SPRING + HOUR)

        entitlement = {
            "pattern": "*",
            "kind": "closed",
            "effective_from": "2026-03-01T00:00:00Z",
            "effective_until": None,
        }
        assert refused.value.extras["feature"] == shop.chat
        assert refused.value.extras["entitlement"] == entitlement
        sentence = (
            f"The account may not use {shop.chat}: all that was not opened for it is closed"
            " since 2026-03-01T00:00:00Z."
        )
        assert refused.value.detail == sentence
        kept = Denial.objects.get(account=acme)
        assert (kept.reason, kept.feature) == ("not_entitled", shop.chat)
        told = denial(kept.pk)
        assert told["figures"]["entitlement"] == entitlement
        assert told["explanation"] == [sentence]
        assert refused.value.extras["denial"] == str(kept.pk)
        assert not Debit.objects.filter(account=acme).exists()

    def test_names_the_first_item_that_is_closed(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.image, "closed", effective_until=SPRING + DAY)

        with pytest.raises(NotEntitled) as refused:
            shop.debit(acme, "1", "1", features=(shop.chat, shop.image), now=SPRING + HOUR)

        assert refused.value.detail == (
            f"The account may not use {shop.image}: {shop.image} is closed"
            " since 2026-03-01T00:00:00Z until 2026-03-02T00:00:00Z."
        )

    def test_comes_after_suspension_and_before_budgets_and_policy(self, shop: Shop) -> None:
        acme = shop.an_account(SPRING)  # without a token
        order = BudgetOrder("none", "day", tokens=0, is_hard=True)
        limiting.open_budget(account_id=acme.pk, order=order, author=AUTHOR, now=SPRING)
        said(acme, shop.chat, "closed")

        with pytest.raises(NotEntitled):
            shop.debit(acme, "1", now=SPRING + HOUR)
        terms.enrol(reference=acme.reference, asked=terms.Enrolment(state="suspended"), author=AUTHOR)
        with pytest.raises(AccountSuspended):
            shop.debit(acme, "1", now=SPRING + HOUR)

    def test_is_told_by_a_quote_too(self, shop: Shop) -> None:
        acme = a_customer(shop)
        said(acme, shop.chat, "closed")
        items = (Item(shop.chat, 1, {}),)

        told = metering.quote(
            QuoteOrder(acme.reference, shop.product.pk, items, received_at=SPRING, now=SPRING + HOUR)
        )

        assert (told.refusal, told.tokens) == ("not_entitled", 1)
        assert told.figures
        assert told.figures["feature"] == shop.chat
        assert not Denial.objects.filter(account=acme).exists()


@pytest.mark.committed
class TestEveryProcess:
    def test_refuses_at_the_next_debit(self) -> None:
        shop = Shop()
        acme = a_customer(shop, None)
        shop.debit(acme, "1")  # remembered

        said(acme, shop.chat, "closed", now=None)

        with pytest.raises(NotEntitled):
            shop.debit(acme, "1")
