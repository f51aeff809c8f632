"""Fees and overage against closed months."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum

from billing.models import BilledMonth
from billing.queries import revenue
from billing.rules.fees import Used, overage_by_month
from billing.services import auditing, periods
from billing.tests.fees.test_textbook import invoiced
from billing.tests.invoiced import a_rate, a_seller
from billing.tests.orders.sold import a_line, an_offer, order
from usage.tests.made import DAY, UNLIMITED, Shop, named

DECEMBER, JANUARY = date(1999, 12, 1), date(2000, 1, 1)
MID_DECEMBER = datetime(1999, 12, 16, tzinfo=UTC)


class TestAClosedMonth:
    @pytest.mark.django_db
    def test_keeps_its_fees_whatever_is_recorded_later(self) -> None:
        """310 a month from 16 December, of which 16 of 31 days are December's; another such order comes in January."""
        account = Shop(since=MID_DECEMBER - DAY).an_account(MID_DECEMBER)
        plan = a_line(an_offer("310", kind="plan", period="month", seats={"desk": 1}))
        order(account, plan, now=MID_DECEMBER)
        closer = User.objects.create(username=named("closer"))

        period = periods.close(month=DECEMBER, user=closer, reason="Checked.", connectors={})
        order(account, plan, starts_at=MID_DECEMBER, now=MID_DECEMBER + 20 * DAY)

        (figure,) = revenue.figures_at_closing(period).filter(kind="fee")
        assert (figure.paid, figure.recognised, figure.deferred) == (310, 160, 150)
        rows = BilledMonth.objects.filter(account=account, month=JANUARY)
        assert rows.aggregate(Sum("billed"), Sum("earned")) == {"billed__sum": 310, "earned__sum": 460}
        assert auditing.findings(["closed_month_keeps_its_fees", "fee_is_earned_in_its_time"]) == ()

    def test_leaves_overage_that_is_invoiced_later_to_the_first_open_one(self) -> None:
        used = [Used(DECEMBER, 1, Decimal(30)), Used(JANUARY, 2, Decimal(60)), Used(JANUARY, 1, Decimal(10))]

        told = overage_by_month(Decimal("0.10"), used, "USD", first_open=JANUARY)

        assert told == {(JANUARY, 1): Decimal("0.04"), (JANUARY, 2): Decimal("0.06")}
        assert overage_by_month(Decimal("0.10"), used, "USD", first_open=DECEMBER) == {
            (DECEMBER, 1): Decimal("0.03"),
            (JANUARY, 1): Decimal("0.01"),
            (JANUARY, 2): Decimal("0.06"),
        }

    @pytest.mark.django_db
    def test_leaves_its_overage_to_the_first_open_month_once_that_is_invoiced(self) -> None:
        """40 tokens of December at 0.05; the month is closed before its invoice is final."""
        a_seller()
        shop, late = Shop(since=MID_DECEMBER - DAY), MID_DECEMBER + 25 * DAY
        account = shop.an_account(MID_DECEMBER, policy=UNLIMITED)
        a_rate("0.05", account, since=MID_DECEMBER)
        shop.debit(account, "40", now=MID_DECEMBER + DAY)
        closer = User.objects.create(username=named("closer"))
        periods.close(month=DECEMBER, user=closer, reason="Checked.", connectors={})

        assert invoiced(account, late).total == 2

        rows = BilledMonth.objects.filter(account=account, kind="overage")
        assert [(row.month, row.billed, row.earned) for row in rows] == [(JANUARY, 2, 2)]
        assert auditing.findings(["closed_month_keeps_its_fees"]) == ()
