"""A process that remembers an account's terms charges the right price on both sides of a scheduled change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from pricing.models import RateTable
from usage.models import Terms
from usage.rules.enrolment import Enrolment
from usage.rules.orders import DebitOrder, Item
from usage.services import metering, terms
from usage.tests.made import AUTHOR, DAY, HOUR, Shop, a_grant
from usage.tests.remembering import forget_what_is_remembered
from wallets.models import Account

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = SPRING + 90 * DAY
BLINK = timedelta(microseconds=1)


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop(since=SPRING - 60 * DAY)


@pytest.fixture
def dear(shop: Shop) -> RateTable:
    return shop.a_table(tokens="3", since=SPRING - 60 * DAY)


@pytest.fixture
def account(shop: Shop) -> Account:
    account = shop.an_account(SPRING - 50 * DAY)
    a_grant(account, "10000", now=SPRING - 50 * DAY)
    return account


def schedule(account: Account, begins: datetime, table: RateTable) -> Terms:
    asked = Enrolment(rate_table=table.code, rate_table_from=begins)
    terms.enrol(reference=account.reference, asked=asked, author=AUTHOR, now=SPRING)
    return Terms.objects.get(account=account, effective_from=begins)


Charge = Callable[[datetime, datetime], Decimal]
"""What a unit costs at an instant of the database's clock, by a web host whose own clock says the other."""


class TestAProcessThatRemembers:
    @pytest.fixture
    def charge(
        self, shop: Shop, account: Account, dear: RateTable, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Charge]:
        """It knows the account from before whatever a test arranges; nothing tells it of changes."""
        monkeypatch.setattr("pricing.queries.pricebook._is_lasting", lambda: True)
        monkeypatch.setattr("usage.queries.standings._is_lasting", lambda: True)

        def charged(now: datetime, host: datetime) -> Decimal:
            order = DebitOrder(
                account=account.reference,
                product_id=shop.product.pk,
                api_key_id=shop.key.pk,
                key=uuid4().hex,
                fingerprint=bytes(32),
                items=(Item(shop.chat, Decimal(1), {}),),
                received_at=host,
                now=now,
            )
            return metering.charge(order).tokens

        charged(SPRING - DAY, SPRING - DAY)
        yield charged
        forget_what_is_remembered()

    @pytest.mark.parametrize("off", [-HOUR, -BLINK, 0 * BLINK, BLINK, HOUR])
    def test_charges_the_new_price_from_the_instant_on_however_wrong_its_clock_is(
        self, charge: Charge, account: Account, dear: RateTable, off: timedelta
    ) -> None:
        schedule(account, SUMMER, dear)
        charge(SPRING + HOUR, SPRING + HOUR)

        instants = (SUMMER - BLINK, SUMMER, SUMMER + BLINK)

        assert [charge(each, each + off) for each in instants] == [1, 3, 3]

    def test_goes_back_to_the_old_price_at_once_when_it_is_withdrawn(
        self, charge: Charge, account: Account, dear: RateTable
    ) -> None:
        row = schedule(account, SUMMER, dear)
        known = charge(SPRING + HOUR, SPRING + HOUR)

        withdrawing = SPRING + 2 * HOUR
        terms.withdraw(account_id=account.pk, terms_id=row.pk, author=AUTHOR, now=withdrawing)

        assert (known, charge(SUMMER, SUMMER)) == (1, 1)
