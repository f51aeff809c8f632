"""Plans by the year that give tokens by the month: each month once, on its day."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.models import OrderCharge, Portion
from billing.queries import audit_months
from billing.rules.order_periods import months_after
from billing.services import auditing, entitlements
from billing.tests.chaos import months as calendar
from billing.tests.orders.sold import a_line, an_offer, given_to, monthly, order
from usage.tests.made import DAY, an_account, clock
from wallets.models import Account


def at(*parts: int) -> datetime:
    """An instant of UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


JANUARY = at(2027, 1, 31, 15, 30)


def by_month(tokens: str, **given: Any) -> dict[str, Any]:
    """Tokens that come by the month and end with it."""
    return monthly(tokens, every="month", **given)


@pytest.mark.django_db
class TestTokensByTheMonthOfAYear:
    @pytest.mark.parametrize(
        ("start", "zone"),
        [
            (at(2027, 1, 31, 15, 30), "America/New_York"),  # months' ends, and both changes of clocks
            (at(2028, 1, 29, 23), "Europe/Berlin"),  # the 30th there, in a leap year
            (at(2027, 3, 30, 12), "Africa/Cairo"),  # a midnight that there is not
        ],
    )
    @pytest.mark.parametrize("every_days", [11, 80])
    def test_are_there_once_however_seldom_a_job_comes(
        self, start: datetime, zone: str, every_days: int
    ) -> None:
        acme = an_account(start - DAY, time_zone=zone)
        lasting = {"tokens": Decimal(10), "every": "month", "lasts_days": 300}
        order(acme, a_line(an_offer(kind="plan", period="year", tokens=[lasting])), now=start)
        for days in range(every_days, 401, every_days):
            for _ in range(2):
                entitlements.reconcile(account_id=acme.pk, now=start + days * DAY)

        rows = Portion.objects.filter(account=acme).order_by("number", "month")
        expected = calendar.periods(start, zone, 1, start + 400 // every_days * every_days * DAY)
        assert [(row.number * 12 + row.month, row.starts_at, row.ends_at) for row in rows] == [
            (each.number, start if each.number == 0 else each.starts_at, each.ends_at) for each in expected
        ]
        assert [grant.tokens for grant in given_to(acme)] == [10] * len(expected)
        assert auditing.findings([check.name for check in audit_months.CHECKS]) == ()

    def test_of_a_new_time_zone_come_by_it_from_the_next_month_on(self) -> None:
        start = clock()
        acme = an_account(start - DAY, time_zone="Asia/Tokyo")
        order(acme, a_line(an_offer(kind="plan", period="year", tokens=[by_month("1000")])), now=start)
        Account.objects.filter(pk=acme.pk).update(time_zone="Pacific/Honolulu")

        entitlements.reconcile(account_id=acme.pk, now=start + 75 * DAY)

        ends = [row.ends_at for row in Portion.objects.filter(account=acme).order_by("month")]
        days = [months_after(start.astimezone(ZoneInfo("Asia/Tokyo")).date(), count) for count in (1, 2, 3)]
        zones = (ZoneInfo("Asia/Tokyo"), *[ZoneInfo("Pacific/Honolulu")] * 2)
        assert ends == [datetime.combine(day, time.min, zone) for day, zone in zip(days, zones, strict=True)]

    @pytest.mark.parametrize("is_away", [False, True])
    def test_of_a_line_that_ends_are_those_that_begin_before(self, is_away: bool) -> None:
        """The second is missed where the job comes only when it is over; the year costs the same."""
        acme = an_account(JANUARY - DAY)
        offer = an_offer("120", kind="plan", period="year", tokens=[by_month("10", share=Decimal(100))])
        order(acme, a_line(offer, ends_at=at(2027, 3, 10)), now=JANUARY)

        for now in (at(2027, 6, 9),) if is_away else (at(2027, 3, 9), at(2027, 6, 9)):
            entitlements.reconcile(account_id=acme.pk, now=now)

        given = [(at(2027, 2, 28), 1), (at(2027, 3, 10), 1)]
        assert [(grant.expires_at, grant.unit_cost) for grant in given_to(acme)] == given[: 2 - is_away]
        portions = Portion.objects.filter(account=acme).order_by("month")
        assert [row.is_missed for row in portions] == [False, is_away]
        assert (
            sum(row.fee - row.ahead for row in OrderCharge.objects.filter(account=acme)) == 100 + 10 * is_away
        )
        assert auditing.findings() == ()
