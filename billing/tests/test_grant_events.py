"""What the chart of a balance tells of grants."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from billing.queries.grant_events import GrantEvent, grant_events
from usage.rules.grants import TransferOrder
from usage.services import granting
from usage.tests.made import DAY, HOUR, Shop, a_call, a_grant, an_account, clock
from wallets.models import Account, Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def began() -> datetime:
    return clock() - 10 * DAY


@pytest.fixture
def shop(began: datetime) -> Shop:
    return Shop(since=began - DAY)


@pytest.fixture
def account(shop: Shop, began: datetime) -> Account:
    return shop.an_account(began)


def told(account: Account, moment: datetime) -> list[GrantEvent]:
    return grant_events(Wallet.objects.get(account=account), moment)


class TestGrantEvents:
    def test_tell_when_tokens_were_given_and_why(self, account: Account, began: datetime) -> None:
        a_grant(account, "250.5", reason="Pilot", now=began)

        assert told(account, clock()) == [GrantEvent(began, True, "Trial of +250.5: Pilot")]

    def test_tell_a_start_that_came_later_and_none_that_is_still_to_come(
        self, account: Account, began: datetime
    ) -> None:
        a_grant(account, "100", effective_at=began + DAY, now=began)

        given = GrantEvent(began, True, "Trial of +100")
        assert told(account, began + HOUR) == [given]
        assert told(account, began + DAY) == [given, GrantEvent(began + DAY, True, "100 trial tokens start")]

    def test_tell_what_expired_before_any_job_books_it(
        self, shop: Shop, account: Account, began: datetime
    ) -> None:
        a_grant(account, "100", expires_at=began + DAY, now=began)
        shop.debit(account, "30", now=began + HOUR)

        assert told(account, began + 2 * HOUR) == [GrantEvent(began, True, "Trial of +100")]
        assert told(account, began + DAY)[1:] == [GrantEvent(began + DAY, False, "70 trial tokens expired")]

    def test_say_nothing_of_an_expiry_that_found_nothing(
        self, shop: Shop, account: Account, began: datetime
    ) -> None:
        a_grant(account, "100", expires_at=began + DAY, now=began)
        shop.debit(account, "100", now=began + HOUR)

        assert told(account, began + 2 * DAY) == [GrantEvent(began, True, "Trial of +100")]

    def test_tell_what_was_taken_back(self, account: Account, began: datetime) -> None:
        grant = a_grant(account, "100", now=began)
        granting.void(grant_id=grant.pk, reason="Mistake", call=a_call(now=began + HOUR))

        assert told(account, clock())[1:] == [
            GrantEvent(began + HOUR, False, "100 trial tokens taken back"),
        ]

    def test_tell_a_transfer_from_a_gift(self, began: datetime) -> None:
        above = an_account(began)
        part = an_account(began, parent=above.reference)
        a_grant(above, "100", now=began)
        order = TransferOrder(to=part.reference, tokens=Decimal(40), reason="Team budget")
        granting.transfer(reference=above.reference, order=order, call=a_call(now=began + HOUR))

        assert [event.text for event in told(above, clock())] == ["Trial of +100"]
        assert [event.text for event in told(part, clock())] == ["Moved in, trial tokens: Team budget"]
