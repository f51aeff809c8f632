"""Plans by the month and the year: a grant a period, made once; changed in mid-period by the time that is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from billing.models import Offer, OrderClock, OrderPeriod, Portion
from billing.queries import audit_months, audit_orders
from billing.queries.calendar import day_of, midnight
from billing.queries.orders_due import accounts_due
from billing.rules.order_periods import (
    changed_money,
    changed_tokens,
    end_of_period,
    months_after,
    months_later,
    share_left,
)
from billing.services import auditing, entitlements
from billing.tests.orders.sold import a_line, an_offer, bought, given_to, left, monthly, order
from usage.tests.made import DAY, Shop, an_account, clock, named
from wallets.models import Account


def at(*parts: int) -> datetime:
    """An instant of UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


JANUARY = at(2027, 1, 31, 15, 30)


class TestBoundaries:
    @pytest.mark.parametrize(
        ("anchor", "months", "ends"),
        [
            ((2027, 1, 31), 1, ["2027-02-28", "2027-03-31", "2027-04-30"]),
            ((2027, 12, 31), 1, ["2028-01-31", "2028-02-29", "2028-03-31"]),
            ((2027, 1, 30), 1, ["2027-02-28", "2027-03-30", "2027-04-30"]),
            ((2027, 11, 15), 1, ["2027-12-15", "2028-01-15", "2028-02-15"]),
            ((2028, 2, 29), 12, ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ],
    )
    def test_keep_the_day_and_return_to_it(
        self, anchor: tuple[int, int, int], months: int, ends: list[str]
    ) -> None:
        found = [end_of_period(date(*anchor), months, number).isoformat() for number in range(len(ends))]

        assert found == ends

    @pytest.mark.parametrize(
        ("start", "months", "found"),
        [
            ((2027, 2, 28, 1, 30), 1, (2027, 3, 28, 1, 0)),  # 02:30 local, which the 28th of March has not
            ((2027, 9, 30, 0, 30), 1, (2027, 10, 30, 0, 30)),
            ((2027, 8, 31, 0, 30), 2, (2027, 10, 31, 0, 30)),  # 02:30 local, which comes twice: the first
            ((2027, 1, 31, 12, 0), 1, (2027, 2, 28, 12, 0)),
        ],
    )
    def test_of_a_term_in_months_keep_the_local_time(self, start: Any, months: int, found: Any) -> None:
        assert months_later(at(*start), months, ZoneInfo("Europe/Berlin")) == at(*found)

    def test_prorate_exactly(self) -> None:
        starts, ends = JANUARY, JANUARY + 30 * DAY
        third = share_left(starts, ends, JANUARY + 20 * DAY)

        assert third == Fraction(1, 3)
        assert changed_tokens(Decimal(1000), Decimal(1000), Decimal(5000), third) == Decimal("2333.333333")
        assert changed_tokens(Decimal(5000), Decimal(5000), Decimal(1000), third) == Decimal("3666.666666")
        assert changed_money(Decimal(100), Decimal(100), Decimal(0), third) == Decimal("66.666666666667")
        assert (share_left(starts, ends, JANUARY), share_left(starts, ends, ends)) == (1, 0)


@pytest.mark.django_db
class TestMidnights:
    def test_lie_after_a_gap_and_are_the_first_of_two(self) -> None:
        cases = [
            ("Africa/Cairo", date(2027, 4, 30), at(2027, 4, 29, 22)),  # 00:00 is 01:00
            ("America/Havana", date(2027, 3, 14), at(2027, 3, 14, 5)),  # 00:00 is 01:00
            ("America/Havana", date(2027, 11, 7), at(2027, 11, 7, 4)),  # 00:00 comes again an hour later
            ("Asia/Kathmandu", date(2028, 2, 29), at(2028, 2, 28, 18, 15)),
        ]
        for zone, day, expected in cases:
            account = an_account(JANUARY, time_zone=zone).pk
            found = midnight(account, day)
            just_before, in_an_hour = found - timedelta(microseconds=1), found + timedelta(hours=1)

            days = [day_of(account, moment) for moment in (just_before, found, in_an_hour)]

            assert (zone, found, days) == (zone, expected, [day - DAY, day, day])


@pytest.mark.django_db
class TestMonthlyTokens:
    @pytest.fixture
    def acme(self) -> Account:
        return an_account(JANUARY - DAY, time_zone="America/New_York")

    def periods(self, account: Account) -> list[tuple[datetime, datetime | None]]:
        return [(grant.effective_at, grant.expires_at) for grant in given_to(account)]

    def test_come_at_local_midnights_of_month_ends_across_the_change_of_clocks(self, acme: Account) -> None:
        order(acme, a_line(an_offer(kind="plan", period="month", tokens=[monthly("1000")])), now=JANUARY)
        february = at(2027, 2, 28, 5)
        march, april = at(2027, 3, 31, 4), at(2027, 4, 30, 4)

        first = self.periods(acme)
        early = entitlements.reconcile(account_id=acme.pk, now=february - DAY - timedelta(seconds=1))
        before = self.periods(acme)
        for _ in range(2):
            entitlements.reconcile(account_id=acme.pk, now=february - DAY)
        ahead = self.periods(acme)
        entitlements.reconcile(account_id=acme.pk, now=march + DAY)

        assert early
        assert first == before == [(JANUARY, february)]
        assert ahead == [*first, (february, march)]
        assert self.periods(acme) == [*ahead, (march, april)]
        assert OrderClock.objects.get(account=acme).next_change_at == april - DAY

    def test_are_made_up_for_after_a_long_absence(self, acme: Account) -> None:
        lasting = {"tokens": Decimal(10), "every": "period", "lasts_days": 60}
        offer = an_offer(kind="plan", period="month", tokens=[lasting, monthly("1000")])
        order(acme, a_line(offer), now=JANUARY)
        back = at(2027, 5, 10)

        assert acme.pk in set(accounts_due(back))
        entitlements.work_due(back)

        rows = Portion.objects.filter(account=acme).order_by("number", "part")
        assert [(row.number, row.is_missed) for row in rows if "lasting" not in row.part] == [
            *((0, False), (0, False)),
            *((1, True), (1, True)),
            *((2, False), (2, True)),
            *((3, False), (3, False)),
        ]
        late = [grant for grant in given_to(acme) if grant.tokens == 10]
        assert [grant.effective_at for grant in late] == [
            JANUARY,
            back - 35 * DAY,
            at(2027, 4, 30, 4),
        ]
        assert OrderPeriod.objects.filter(account=acme).count() == 4

    def test_of_a_new_time_zone_are_neither_one_more_nor_one_less(self) -> None:
        """The hours between a midnight of Tokyo and that of Honolulu are no period of their own."""
        tokyo, start = ZoneInfo("Asia/Tokyo"), clock()
        acme = an_account(start - DAY, time_zone="Asia/Tokyo")
        order(acme, a_line(an_offer(kind="plan", period="month", tokens=[monthly("1000")])), now=start)
        Account.objects.filter(pk=acme.pk).update(time_zone="Pacific/Honolulu")

        entitlements.reconcile(account_id=acme.pk, now=start + 75 * DAY)

        ends = [row.ends_at for row in OrderPeriod.objects.filter(account=acme).order_by("number")]
        days = [months_after(start.astimezone(tokyo).date(), count) for count in (1, 2, 3)]
        zones = (tokyo, *[ZoneInfo("Pacific/Honolulu")] * 2)
        midnights = [datetime.combine(day, time.min, zone) for day, zone in zip(days, zones, strict=True)]
        assert ends == midnights

    @pytest.mark.parametrize("ends", [None, at(2027, 3, 9)])
    def test_are_given_although_another_order_came_before_them(self, acme: Account, ends: Any) -> None:
        """Before the job gets to a period that is due, the account buys something that changes nothing later."""
        offer, late = an_offer(kind="plan", period="month", tokens=[monthly("1000")]), at(2027, 3, 10)
        order(acme, a_line(offer, ends_at=ends), now=JANUARY)

        order(acme, a_line(an_offer(tokens=[bought("5")])), now=late)
        entitlements.work_due(late)

        assert OrderPeriod.objects.filter(account=acme, ends_at__isnull=False).count() == 2
        assert auditing.findings([check.name for check in audit_months.CHECKS]) == ()

    def test_end_with_their_line(self, acme: Account) -> None:
        offer = an_offer(kind="plan", period="month", tokens=[monthly("1000")])
        ends = at(2027, 3, 10)
        order(acme, a_line(offer, ends_at=ends), now=JANUARY)

        entitlements.reconcile(account_id=acme.pk, now=at(2027, 3, 9))
        entitlements.reconcile(account_id=acme.pk, now=at(2027, 4, 9))

        assert [grant.expires_at for grant in given_to(acme)] == [at(2027, 2, 28, 5), ends]

    def test_ahead_go_where_the_line_ends_before_them_and_return_where_it_does_not(
        self, acme: Account
    ) -> None:
        paid = {"share": Decimal(100)}
        offer, name = an_offer(kind="plan", period="month", tokens=[monthly("1000", **paid)]), named("SO")
        order(acme, a_line(offer), external_id=name, now=JANUARY)
        ahead = at(2027, 2, 28, 4)
        entitlements.reconcile(account_id=acme.pk, now=ahead)

        order(acme, a_line(offer, ends_at=at(2027, 2, 28, 5)), external_id=name, version=2, now=ahead)
        stopped = left(acme)
        order(acme, a_line(offer, ends_at=at(2027, 3, 10)), external_id=name, version=3, now=ahead)

        assert stopped == [1000, 0]
        assert left(acme) == [1000, 0, 1000]
        assert given_to(acme)[2].expires_at == at(2027, 3, 10)
        assert [row.amount for row in OrderPeriod.objects.filter(account=acme)] == [100, 100]
        assert auditing.findings([check.name for check in audit_orders.CHECKED]) == ()


@pytest.mark.django_db
class TestChangeInMidPeriod:
    """Half of February's 28 days are left after a fortnight."""

    START = at(2027, 2, 1)
    HALF = START + 14 * DAY

    @pytest.fixture
    def shop(self) -> Shop:
        return Shop(since=self.START - 5 * DAY)

    @pytest.fixture
    def acme(self, shop: Shop) -> Account:
        return shop.an_account(self.START - 2 * DAY)

    def plan(self, tokens: str, price: str, **given: Any) -> Offer:
        return an_offer(price, kind="plan", period="month", tokens=[monthly(tokens, **given)])

    def test_upgrade_gives_the_difference_for_what_is_left(self, acme: Account) -> None:
        small, large, name = self.plan("1000", "100"), self.plan("5000", "400"), named("SO")
        order(acme, a_line(small), external_id=name, now=self.START)

        order(acme, a_line(large), external_id=name, version=2, now=self.HALF)
        entitlements.reconcile(account_id=acme.pk, now=self.START + 27 * DAY)

        assert left(acme) == [1000, 2000, 5000]
        assert [row.amount for row in OrderPeriod.objects.filter(account=acme)] == [250, 400]

    def test_downgrade_takes_back_no_more_than_is_left(self, acme: Account, shop: Shop) -> None:
        small, large, name = self.plan("1000", "100"), self.plan("5000", "400"), named("SO")
        order(acme, a_line(large), external_id=name, now=self.START)
        shop.debit(acme, "4200", now=self.START + DAY)

        order(acme, a_line(small), external_id=name, version=2, now=self.HALF)

        assert left(acme) == [0]
        portion = Portion.objects.get(account=acme)
        assert (portion.wanted, portion.tokens) == (3000, 4200)
        assert OrderPeriod.objects.get(account=acme).amount == 250

    def test_price_shares_follow(self, acme: Account) -> None:
        paid = {"share": Decimal(50)}
        small, large, name = self.plan("1000", "100", **paid), self.plan("2000", "300", **paid), named("SO")
        order(acme, a_line(small), external_id=name, now=self.START)

        order(acme, a_line(large), external_id=name, version=2, now=self.HALF)

        bought = given_to(acme)
        assert [(each.kind, each.tokens, each.unit_cost) for each in bought] == [
            ("purchase", 1000, Decimal("0.05")),
            ("purchase", 500, Decimal("0.1")),
        ]

    def test_of_what_was_added_goes_by_the_whole_period(self, acme: Account) -> None:
        """A part that comes after a fortnight gives half, and doubled a week later a quarter more."""
        small, name = self.plan("1000", "100"), named("SO")
        extra = {"tokens": Decimal(800), "every": "period", "features": ["image"]}
        more = [monthly("1000"), extra]
        large = an_offer("300", kind="plan", period="month", tokens=more)
        larger = an_offer(
            "500", kind="plan", period="month", tokens=[more[0], extra | {"tokens": Decimal(1600)}]
        )
        order(acme, a_line(small), external_id=name, now=self.START)

        order(acme, a_line(large), external_id=name, version=2, now=self.HALF)
        order(acme, a_line(larger), external_id=name, version=3, now=self.HALF + 7 * DAY)

        assert left(acme) == [1000, 400, 200]
        assert auditing.findings([check.name for check in audit_orders.CHECKED]) == ()

    def test_of_the_start_gives_anew_while_it_is_ahead(self, acme: Account) -> None:
        plan, name = self.plan("1000", "100"), named("SO")
        first, later = self.START + DAY, self.START + 3 * DAY
        order(acme, a_line(plan), external_id=name, starts_at=first, now=self.START)

        order(acme, a_line(plan), external_id=name, version=2, starts_at=later, now=self.START)
        order(acme, a_line(plan), external_id=name, version=3, now=later + DAY)

        assert [(each.effective_at, each.remaining) for each in given_to(acme)] == [(first, 0), (later, 1000)]

    def test_by_the_year_begins_a_year_of_its_own(self, acme: Account) -> None:
        small, name = self.plan("1000", "100"), named("SO")
        yearly = an_offer("1000", kind="plan", period="year", tokens=[monthly("20000")])
        order(acme, a_line(small), external_id=name, now=self.START)

        order(acme, a_line(yearly), external_id=name, version=2, now=self.HALF)

        assert left(acme) == [0, 20000]
        periods = OrderPeriod.objects.filter(account=acme)
        assert list(periods.values_list("run", "amount")) == [(0, 50), (1, 1000)]
        assert given_to(acme)[1].expires_at == at(2028, 2, 15)
