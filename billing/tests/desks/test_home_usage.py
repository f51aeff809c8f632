"""What the home page shows of usage is what the ledger comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.queries import home_usage
from billing.services import noting_hours, recognising
from billing.tests.desks.people import at_the_desk_of_an_administrator
from pricing.models import Feature, Product
from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, clock
from usage.tests.remembering import forget_what_is_remembered
from usage.tests.rolled import roll_up
from wallets.models import TokenUnit

pytestmark = pytest.mark.committed

# By the entries of the ledger: what debits drew and went beyond by, less what reversals gave back.
LEDGER = """
    SELECT {what}, sum(d.moved) FROM (
        SELECT d.*, e.amount AS moved FROM wallets_entry e
        JOIN usage_debit d ON e.cause_kind = 'debit' AND e.cause_id = d.id AND e.account_id = d.account_id
        WHERE e.kind IN ('draw', 'overage')
        UNION ALL
        SELECT d.*, -e.amount FROM wallets_entry e
        JOIN usage_reversal r ON e.cause_kind = 'reversal' AND e.cause_id = r.id AND e.account_id = r.account_id
        JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
        WHERE e.kind IN ('restore', 'overage_reversal')
    ) AS d WHERE d.unit_id = %(unit)s AND d.occurred_at >= %(since)s AND d.occurred_at < %(until)s
    GROUP BY 1{also} HAVING sum(d.moved) <> 0
"""


def by_the_ledger(what: str, since: datetime, until: datetime, also: str = "") -> list[Any]:
    statement = LEDGER.format(what=what, also=also)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"unit": ait().pk, "since": since, "until": until})
        return cursor.fetchall()


def ait() -> TokenUnit:
    return TokenUnit.objects.get(code="AIT")


def midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def shop(own_database: None, django_db_blocker: Any) -> Iterator[Shop]:
    """Two weeks of usage of two features, of which something was given back."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        shop, now = Shop(), clock()
        account = shop.an_account(now=now - 30 * DAY)
        a_grant(account, "10000", now=now - 30 * DAY)
        for days, chat, image in (
            (0, "5", "1"),
            (1, "30", "4"),
            (6, "11", "2"),
            (8, "20", "1"),
            (13, "7", "7"),
        ):
            shop.debit(account, chat, image, features=(shop.chat, shop.image), at=now - days * DAY, now=now)
        back = shop.debit(account, "100", at=now - 2 * DAY, now=now)
        reversing.reverse(a_reversal(back, now=now))
        reversing.reverse(a_reversal(shop.debit(account, "50", at=now - 3 * DAY, now=now), "20", now=now))
        roll_up()
        yield shop
        forget_what_is_remembered()


class TestBurn:
    def test_is_what_the_ledger_moved_by_product_and_day_of_use(self, shop: Shop) -> None:
        now = clock()

        found = home_usage.burn(ait(), now)

        since = midnight(now) - 13 * DAY
        names = dict(Product.objects.values_list("pk", "name"))
        rows = by_the_ledger(
            "(d.occurred_at AT TIME ZONE 'UTC')::date, d.product_id", since, midnight(now) + DAY, ", 2"
        )
        expected = {(names[product], day): tokens for day, product, tokens in rows}
        shown = {
            (name, day): tokens
            for name, amounts in found.series
            for day, tokens in zip(found.days, amounts, strict=True)
            if tokens
        }
        assert shown == expected
        mine = dict(found.series)[shop.product.name]
        assert [amount for amount in mine if amount] == [14, 21, 13, 30, 34, 6]


class TestTopFeatures:
    def test_compare_seven_whole_days_with_the_seven_before(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(home_usage, "FEATURES_SHOWN", 10_000)

        found = {each.code: each for each in home_usage.top_features(ait(), clock())}

        chat, image = found[shop.chat], found[shop.image]
        assert (chat.tokens, chat.change) == (71, Decimal(71 - 27) / 27)
        assert (image.tokens, image.change) == (6, Decimal(6 - 8) / 8)
        assert chat.calls == 3  # what was given back whole is no call
        assert set(found) <= set(Feature.objects.values_list("code", flat=True))


class TestPeaks:
    def test_are_the_ledgers_hours_of_four_whole_weeks_whoever_notes_them_again(self, shop: Shop) -> None:
        now = clock()
        assert noting_hours.note_hours(now) == noting_hours.note_hours(now)

        found = home_usage.peaks(ait(), now)

        since = midnight(now) - 28 * DAY
        hours = by_the_ledger("date_trunc('hour', d.occurred_at, 'UTC')", since, midnight(now))
        sums: dict[tuple[int, int], Decimal] = {}
        for hour, tokens in hours:
            place = hour.astimezone(UTC).weekday(), hour.astimezone(UTC).hour
            sums[place] = sums.get(place, Decimal(0)) + tokens
        assert {place: mean * 4 for place, mean in found.mean.items() if mean} == sums
        assert found.noted_at == now

    def test_are_noted_anew_where_usage_was_told_late(self, shop: Shop) -> None:
        now = clock()
        noting_hours.note_hours(now)
        at = midnight(now) - 10 * DAY
        before = home_usage.peaks(ait(), now).mean.get((at.weekday(), 0), Decimal(0))
        account = shop.an_account(now=now - 30 * DAY)
        a_grant(account, "1000", now=now - 30 * DAY)
        shop.debit(account, "400", at=at, now=now)
        roll_up()

        noting_hours.note_hours(now + HOUR)

        assert home_usage.peaks(ait(), now).mean[at.weekday(), 0] == before + 100

    def test_are_the_same_weeks_until_they_are_noted_anew(self, shop: Shop) -> None:
        """After midnight yesterday is not noted yet: a mean of three weeks would be told as one of four."""
        noted = clock().astimezone(UTC).replace(hour=23, minute=50)
        noting_hours.note_hours(noted)

        told = home_usage.peaks(ait(), noted)

        assert any(told.mean.values())
        assert home_usage.peaks(ait(), noted + timedelta(minutes=15)) == told


class TestMargin:
    def test_sets_what_the_books_earned_against_what_usage_cost(self, shop: Shop) -> None:
        now = clock()
        before = home_usage.margin(now)
        account = shop.an_account()
        a_grant(account, "100", kind="purchase", unit_cost=Decimal("0.5"))
        shop.debit(account, "40")
        roll_up()
        recognising.reckon()

        found = home_usage.margin(now)

        assert found.earned - before.earned == 20
        assert found.uncosted - before.uncosted == 40
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(r.recognised * c.reporting_rate) FROM billing_revenuemonth r"
                " JOIN wallets_currency c ON c.code = r.currency WHERE r.month = %s",
                [found.month],
            )
            assert cursor.fetchone() == (found.earned,)


class TestPage:
    def test_asks_as_many_questions_however_many_accounts_there_are(self, shop: Shop) -> None:
        client = at_the_desk_of_an_administrator()

        def questions() -> int:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert client.get("/admin/").status_code == 200
            return len(asked)

        questions()
        first = questions()
        for _ in range(5):
            account = shop.an_account()
            a_grant(account, "100", kind="purchase", unit_cost=Decimal("0.5"), expires_at=clock() + 3 * DAY)
            shop.debit(account, "40")
        roll_up()

        assert questions() == first
