"""Putting limits at instants of the test's choice: what is scheduled begins, ends, and lasts beside what was bought."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.kernel.errors import Conflict, InvalidRequest, LimitReached, NotEntitled
from pricing.errors import InstantInThePast
from pricing.models import Feature
from usage.models import Access, Allowance, Unlock
from usage.queries import limits_told
from usage.rules.limits_asked import AccessAsked, AllowanceAsked, BudgetAsked
from usage.services import entitling, provisioning
from usage.services.provisioning import Put
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    account = shop.an_account(SPRING)
    a_grant(account, "1000", now=SPRING)
    return account


def include(account: Account, pattern: str, now: datetime = SPRING, **asked: Any) -> Put:
    return provisioning.put_allowance(
        reference=account.reference, pattern=pattern, asked=AllowanceAsked(**asked), author=AUTHOR, now=now
    )


def say(account: Account, pattern: str, kind: str, now: datetime = SPRING, **asked: Any) -> Put:
    return provisioning.put_access(
        reference=account.reference, pattern=pattern, asked=AccessAsked(kind, **asked), author=AUTHOR, now=now
    )


def kinds(account: Account) -> list[str]:
    rows = Access.objects.filter(account=account).order_by("effective_from", "recorded_at", "id")
    return list(rows.values_list("kind", flat=True))


class TestAllowance:
    def test_covers_from_its_start_until_its_end(self, shop: Shop, acme: Account) -> None:
        asked = {"units": Decimal(10), "period": "month", "effective_until": APRIL + DAY}
        include(acme, shop.chat, effective_from=APRIL, **asked)

        told = [shop.debit(acme, "4", now=at).tokens for at in (APRIL - HOUR, APRIL, APRIL + DAY)]

        assert told == [4, 0, 4]

    def test_that_ends_does_not_give_back_what_it_replaced(self, shop: Shop, acme: Account) -> None:
        include(acme, shop.chat, units=Decimal(10), period="month")
        include(acme, shop.chat, SPRING + HOUR, units=Decimal(20), effective_until=APRIL)

        assert shop.debit(acme, "4", now=APRIL).tokens == 4

    def test_that_is_put_again_after_its_start_and_its_end_is_not_written_again(
        self, shop: Shop, acme: Account
    ) -> None:
        asked = {"units": Decimal(10), "period": "month", "effective_from": APRIL}
        for now in (SPRING, APRIL + HOUR, APRIL + 2 * DAY):
            include(acme, shop.chat, now, effective_until=APRIL + DAY, **asked)

        assert Allowance.objects.filter(account=acme).count() == 1

    def test_that_has_ended_is_put_anew_whole(self, shop: Shop, acme: Account) -> None:
        include(acme, shop.chat, units=Decimal(10), period="month", effective_until=APRIL)

        with pytest.raises(InvalidRequest) as refused:
            include(acme, shop.chat, APRIL, units=Decimal(10))
        told = include(acme, shop.chat, APRIL, units=Decimal(10), period="month").answer

        assert refused.value.errors[0].pointer == "/period"
        assert (told["present"]["effective_until"], told["present"]["window"]["available"]) == (None, "10")

    def test_keeps_what_is_scheduled_for_later(self, shop: Shop, acme: Account) -> None:
        include(acme, shop.chat, effective_from=APRIL, units=Decimal(10), period="month")
        include(acme, shop.chat, units=Decimal(5), period="month")

        told = include(acme, shop.chat, units=None).answer

        assert told["present"] is None
        assert [each["units"] for each in told["scheduled"]] == ["10"]
        assert shop.debit(acme, "4", now=APRIL).tokens == 0


class TestBudget:
    def test_refuses_from_its_making_on_and_not_after_its_end(self, shop: Shop, acme: Account) -> None:
        def put(tokens: Decimal | None, now: datetime) -> Put:
            asked = BudgetAsked(tokens=tokens, period="month")
            return provisioning.put_budget(
                reference=acme.reference, code="all", asked=asked, author=AUTHOR, now=now
            )

        shop.debit(acme, "4", now=SPRING)
        put(Decimal(3), SPRING + HOUR)
        with pytest.raises(LimitReached):
            shop.debit(acme, "4", now=SPRING + HOUR)
        put(None, SPRING + 2 * HOUR)

        assert shop.debit(acme, "4", now=SPRING + 2 * HOUR).tokens == 4


class TestAccess:
    def test_begins_and_ends_when_it_was_said_to(self, shop: Shop, acme: Account) -> None:
        say(acme, shop.chat, "closed", effective_from=APRIL, effective_until=APRIL + DAY)

        assert shop.debit(acme, "1", now=APRIL - HOUR).tokens == 1
        with pytest.raises(NotEntitled):
            shop.debit(acme, "1", now=APRIL)
        assert shop.debit(acme, "1", now=APRIL + DAY).tokens == 1

    @pytest.mark.parametrize(
        ("first", "second", "after"), [("closed", "open", "closed"), ("open", "closed", "default")]
    )
    def test_that_ends_leaves_the_closing_before_it_or_nothing(
        self, shop: Shop, acme: Account, first: str, second: str, after: str
    ) -> None:
        say(acme, shop.chat, first)
        say(acme, shop.chat, second, SPRING + HOUR, effective_until=APRIL)

        assert limits_told.access_at(acme, shop.chat, APRIL)["state"] == after

    @pytest.mark.parametrize(
        ("until", "after"), [(None, "closed"), (APRIL + DAY, "closed"), (APRIL - HOUR, "default")]
    )
    def test_that_was_shortened_leaves_the_closing_before_it_too(
        self, shop: Shop, acme: Account, until: datetime | None, after: str
    ) -> None:
        say(acme, shop.chat, "closed", effective_until=until)
        say(acme, shop.chat, "open", SPRING + HOUR)

        told = say(acme, shop.chat, "open", SPRING + DAY, effective_until=APRIL).answer

        assert (told["state"], told["effective_until"]) == ("open", "2026-04-01T00:00:00Z")
        assert limits_told.access_at(acme, shop.chat, APRIL)["state"] == after
        assert kinds(acme) == ["closed", "open", "closed", "open"]

    def test_that_is_said_again_after_its_start_is_not_written_again(self, shop: Shop, acme: Account) -> None:
        for now in (SPRING, APRIL + HOUR):
            say(acme, shop.chat, "open", now, effective_from=APRIL, effective_until=APRIL + DAY)

        assert kinds(acme) == ["open"]

    def test_cannot_be_said_of_the_past_once_something_else_holds(self, shop: Shop, acme: Account) -> None:
        say(acme, shop.chat, "closed", effective_from=APRIL)
        say(acme, shop.chat, "open", APRIL + HOUR)

        with pytest.raises(InstantInThePast):
            say(acme, shop.chat, "closed", APRIL + DAY, effective_from=APRIL)

        assert kinds(acme) == ["closed", "open"]


class TestWhatWasBought:
    @pytest.fixture
    def bought(self, shop: Shop, acme: Account) -> datetime:
        """Chat is closed, and was bought until this instant."""
        feature = Feature.objects.get(code=shop.image)
        entitling.save_unlock(Unlock(feature=feature, pattern=shop.chat, period="P30D"))
        say(acme, shop.chat, "closed")
        shop.debit(acme, "1", features=(shop.image,), now=SPRING + HOUR)
        return SPRING + HOUR + 30 * DAY

    def test_lasts_beside_an_opening_and_after_it(self, shop: Shop, acme: Account, bought: datetime) -> None:
        told = say(acme, shop.chat, "open", SPRING + DAY, effective_until=SPRING + 2 * DAY).answer

        assert kinds(acme) == ["closed", "open", "open"]
        assert (told["state"], len(told["facts"])) == ("open", 2)
        assert shop.debit(acme, "1", now=SPRING + 3 * DAY).tokens == 1

    def test_does_not_make_an_opening_needless(self, shop: Shop, acme: Account, bought: datetime) -> None:
        for _ in range(2):
            say(acme, shop.chat, "open", SPRING + DAY, effective_until=bought)

        assert kinds(acme) == ["closed", "open", "open"]

    def test_is_not_shortened_with_what_was_said(self, shop: Shop, acme: Account, bought: datetime) -> None:
        say(acme, shop.chat, "open", SPRING + DAY)

        with pytest.raises(Conflict) as refused:
            say(acme, shop.chat, "open", SPRING + 2 * DAY, effective_until=SPRING + 3 * DAY)
        told = say(acme, shop.chat, "open", SPRING + 2 * DAY, effective_until=bought + DAY).answer

        assert "2026-03-31T01:00:00Z" in refused.value.detail
        assert told["effective_until"] == "2026-04-01T01:00:00Z"
        assert kinds(acme) == ["closed", "open", "open", "closed", "open"]

    def test_ends_with_a_closing(self, shop: Shop, acme: Account, bought: datetime) -> None:
        say(acme, shop.chat, "closed", SPRING + DAY)

        with pytest.raises(NotEntitled):
            shop.debit(acme, "1", now=SPRING + DAY)
        assert kinds(acme) == ["closed", "open", "closed"]

    def test_stays_where_nothing_is_to_be_said_any_more(
        self, shop: Shop, acme: Account, bought: datetime
    ) -> None:
        with pytest.raises(Conflict):
            say(acme, shop.chat, "none", SPRING + DAY)

        assert kinds(acme) == ["closed", "open"]
        assert say(acme, shop.chat, "none", bought).answer["state"] == "default"

    def test_is_nothing_that_was_said(self, shop: Shop, acme: Account, bought: datetime) -> None:
        say(acme, shop.chat, "none", bought)
        shop.debit(acme, "1", features=(shop.image,), now=bought + HOUR)

        told = say(acme, shop.chat, "none", bought + DAY).answer

        assert told["state"] == "open"
        assert kinds(acme) == ["closed", "open", "none", "open"]
