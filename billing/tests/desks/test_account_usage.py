"""What the account's page shows of usage is what its ledger comes to, and what is forecast follows from that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.queries import account_page, account_usage
from billing.tests.desks.people import at_the_desk_of, at_the_desk_of_an_administrator
from config.kernel.utc import midnight
from usage.rules.enrolment import PolicyChoice
from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, ait, clock
from usage.tests.rolled import roll_up
from wallets.models import Account, Wallet

pytestmark = pytest.mark.committed

BY_THE_LEDGER = """
    SELECT {what}, sum(d.moved) FROM (
        SELECT d.*, e.amount AS moved FROM wallets_entry e
        JOIN usage_debit d ON e.cause_kind = 'debit' AND e.cause_id = d.id AND e.account_id = d.account_id
        WHERE e.kind IN ('draw', 'overage')
        UNION ALL
        SELECT d.*, -e.amount FROM wallets_entry e
        JOIN usage_reversal r ON e.cause_kind = 'reversal' AND e.cause_id = r.id AND e.account_id = r.account_id
        JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
        WHERE e.kind IN ('restore', 'overage_reversal')
    ) AS d WHERE d.account_id = %s AND d.occurred_at >= %s GROUP BY 1 HAVING sum(d.moved) <> 0 ORDER BY 1
"""


def of_the_ledger(account: Account, what: str, since: datetime) -> dict[object, Decimal]:
    with connection.cursor() as cursor:
        cursor.execute(BY_THE_LEDGER.format(what=what), [account.pk, since])
        return dict(cursor.fetchall())


@pytest.fixture
def shop() -> Shop:
    return Shop(since=clock() - 100 * DAY)


def a_week_over_again(shop: Shop, weeks: int, **asked: object) -> Account:
    """Ten tokens on every day at ten, a hundred on Wednesdays; today nothing."""
    now = clock()
    account = shop.an_account(now - 90 * DAY, **asked)
    a_grant(account, "5000", now=now - 90 * DAY)
    today = midnight(now.astimezone(UTC).date())
    for n in range(weeks * 7, 0, -1):
        day = today - n * DAY
        shop.debit(account, "100" if day.weekday() == 2 else "10", now=day + 10 * HOUR)
    return account


class TestUsageOf:
    def test_is_what_the_ledger_moved_by_day_and_what_was_given_back_is_off(self, shop: Shop) -> None:
        account, now = a_week_over_again(shop, 2), clock()
        back = shop.debit(account, "70", at=now - 3 * DAY, now=now)
        reversing.reverse(a_reversal(back, "30", now=now))
        roll_up()

        found = account_usage.usage_of(account.pk, ait(), now)

        first = now.astimezone(UTC).date() - 29 * DAY
        told = {first + n * DAY: tokens for n, tokens in enumerate(found.burn) if tokens}
        assert told == of_the_ledger(account, "(d.occurred_at AT TIME ZONE 'UTC')::date", midnight(first))

    def test_forecasts_from_its_own_week(self, shop: Shop) -> None:
        account, now = a_week_over_again(shop, 6), clock()
        roll_up()

        summary = account_page.summary(account, None, now)

        known = summary.use.forecast
        assert known is not None
        assert (known.is_seasonal, known.days, known.a_day * 7) == (True, 35, 160)
        wednesday = now.astimezone(UTC).date() + timedelta((2 - now.astimezone(UTC).weekday()) % 7)
        assert known.of_day(wednesday) == 100
        left = 5000 - 6 * 160
        assert summary.holding.available == left
        assert summary.runs_out.at is not None
        assert abs((summary.runs_out.at - now).days - left * 7 / 160) <= 7
        assert summary.next_month is not None
        wednesdays = sum((summary.next_month[0] + n * DAY).weekday() == 2 for n in range(28))
        assert summary.next_month[1].expected >= 280 + 90 * wednesdays

    def test_says_that_it_bends(self, shop: Shop) -> None:
        account, now = a_week_over_again(shop, 6), clock()
        shop.debit(account, "900", at=now - DAY, now=now)
        roll_up()

        found = account_usage.usage_of(account.pk, ait(), now)

        assert [(each.days, each.is_rise) for each in found.bends] == [(7, True), (1, True)]
        page = at_the_desk_of("Support").get(f"/admin/wallets/account/{account.pk}/change/?tab=usage")
        (feature,) = page.context["features"]
        assert (feature.code, feature.tokens, feature.calls) == (shop.chat, sum(found.burn), 30)
        assert "than the 160 to 160 that the weeks before let expect" in page.content.decode().replace(
            '<span title="160">', ""
        ).replace("</span>", "")


class TestLevels:
    def test_are_thresholds_the_floor_and_where_packs_are_bought(self, shop: Shop) -> None:
        account = shop.an_account(policy=PolicyChoice("overage", Decimal(50), notify=(80, 50)))
        a_grant(account, "1000")

        found = account_page.levels(account_page.summary(account, None, clock()))

        assert [(each.tokens, each.says) for each in found] == [
            (500, "50 % spent at 500"),
            (200, "80 % spent at 200"),
            (-50, "overage ends at −50"),
        ]
        assert Wallet.objects.get(account=account).stocked == 1000


def test_forms_that_say_nothing_of_usage_read_none(shop: Shop) -> None:
    account = a_week_over_again(shop, weeks=1)
    client = at_the_desk_of_an_administrator()

    with CaptureQueriesContext(connection) as asked:
        pages = [client.get(f"/admin/wallets/account/{account.pk}/{form}/") for form in ("grant", "trial")]

    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].context["holding"].available == 4840
    assert not [each["sql"] for each in asked if "usage_usageslot" in each["sql"]]
