"""Access as people read it: what holds, what begins later, and what opened it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from usage.queries.limits_shown import access_of
from usage.services import entitling, reversing
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_reversal
from usage.tests.queries.test_limits_shown import questions
from usage.tests.services.test_access import said
from usage.tests.services.test_allowances import a_member
from usage.tests.services.test_unlocking import an_unlock, buy

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
NOON = SPRING + 12 * HOUR
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 40 * DAY)


class TestAccess:
    def test_is_to_everything_where_nothing_is_said(self, shop: Shop) -> None:
        told = access_of(a_member(shop).pk, NOON)

        assert (told.mode, told.present, told.scheduled) == ("portfolio", [], [])

    def test_tells_who_said_what_and_until_when(self, shop: Shop) -> None:
        acme = a_member(shop)
        entitling.set_mode(account_id=acme.pk, mode="bought", author=AUTHOR, now=SPRING)
        said(acme, shop.chat, effective_until=APRIL)

        told = access_of(acme.pk, NOON)

        assert told.mode == "bought"
        assert [(each.pattern, each.kind, each.effective_until) for each in told.present] == [
            ("*", "closed", None),
            (shop.chat, "open", APRIL),
        ]
        assert {(each.set_by, each.reason, each.debit_id) for each in told.present} == {
            (AUTHOR.name, AUTHOR.reason, None)
        }
        assert access_of(acme.pk, APRIL).present[0].kind == "closed"

    def test_tells_what_was_bought_and_bought_again(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_member(shop)
        said(acme, shop.chat, "closed")
        first = buy(shop, acme, now=SPRING)
        second = buy(shop, acme, now=NOON)

        told = access_of(acme.pk, NOON)

        assert [(each.kind, each.debit_id, each.decides) for each in told.present] == [
            ("open", first.id, True)
        ]
        assert [(each.debit_id, each.effective_from) for each in told.scheduled] == [
            (second.id, SPRING + 30 * DAY)
        ]

    def test_tells_nothing_of_what_a_reversal_ended(self, shop: Shop) -> None:
        an_unlock(shop)
        acme = a_member(shop)
        buy(shop, acme, now=SPRING)
        second = buy(shop, acme, now=NOON)
        reversing.reverse(a_reversal(second, now=NOON))

        told = access_of(acme.pk, NOON)

        assert (len(told.present), told.scheduled) == (1, [])

    def test_tells_of_several_that_begin_together_what_was_said_last(self, shop: Shop) -> None:
        acme = a_member(shop)
        said(acme, shop.chat, "open", effective_from=APRIL)
        said(acme, shop.chat, "closed", now=NOON, effective_from=APRIL)
        said(acme, shop.image, "open", effective_from=APRIL)
        said(acme, shop.image, "none", now=NOON, effective_from=APRIL)

        told = access_of(acme.pk, NOON).scheduled

        assert [(each.pattern, each.kind) for each in told] == [(shop.chat, "closed"), (shop.image, "none")]

    def test_costs_one_question(self, shop: Shop) -> None:
        acme = a_member(shop)
        for code in (shop.chat, shop.image, "*"):
            said(acme, code)

        assert questions(lambda: access_of(acme.pk, NOON)) == 1
