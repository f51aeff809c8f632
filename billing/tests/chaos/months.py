"""Customers whose months turned while no job ran, and what must have come of it, by a calendar of the tests' own."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.tests.orders.sold import a_line, an_offer, monthly, order
from billing.tests.trying import a_seller, a_trial
from billing.tests.trying import an_offer as a_trial_offer
from usage.rules.grants import GrantOrder
from usage.services import granting
from usage.tests.made import DAY, HOUR, Shop, a_call, clock
from wallets.models import Account

ZONES = (
    *("UTC", "America/New_York", "Asia/Kathmandu", "Africa/Cairo"),
    *("Pacific/Kiritimati", "Pacific/Honolulu", "America/Havana"),
)
LASTING = {"tokens": Decimal(10), "every": "period", "lasts_days": 60}
AT_ONCE = 50
"""Customers a transaction: the disk is waited for less often."""
TRIES = 10
"""One in so many tries something out."""


def prepare(many: int) -> None:
    """So many customers: a plan that began 31 to 90 days ago and has given its first period, one by the year that has
    given its first month, and a grant that expires in 30 days to the second, every other one paid for. Some have begun
    a trial that waits for its first use.
    """
    shop, seller = Shop(since=clock() - 100 * DAY), a_seller()
    plan = an_offer(kind="plan", period="month", tokens=[LASTING, monthly("1000")], seats={"desk": 3})
    yearly = an_offer(kind="plan", period="year", tokens=[monthly("9000", every="month")])
    pilot = a_trial_offer(starts="first_use", days=5, priority=0)
    for first in range(0, many, AT_ONCE):
        with transaction.atomic():
            for number in range(first, min(first + AT_ONCE, many)):
                began = clock() - (31 + number % 60) * DAY - number % 24 * HOUR
                account = shop.an_account(began - HOUR, time_zone=ZONES[number % len(ZONES)])
                order(account, a_line(plan), a_line(yearly), now=began)
                _grant(shop, account, "purchase" if number % 2 else "promo", began)
                if number % TRIES == 0:
                    a_trial(seller, pilot, account)
                    shop.debit(account, "1")


def _grant(shop: Shop, account: Account, kind: str, began: datetime) -> None:
    """Five tokens that expire in 30 days of the account's calendar to the second."""
    ends = clock().astimezone(ZoneInfo(account.time_zone)) + 30 * DAY
    asked = GrantOrder(kind=kind, tokens=Decimal(5), priority=90, expires_at=ends.astimezone(UTC))
    granting.grant(reference=account.reference, order=asked, call=a_call(shop.product, now=began))


@dataclass(frozen=True)
class Period:
    number: int
    starts_at: datetime
    ends_at: datetime


def periods(began: datetime, zone: str, months: int, looked_at: datetime) -> list[Period]:
    """The periods of a line that had been given when its account was looked at: those that begin within a day."""
    first, found, start = began.astimezone(ZoneInfo(zone)).date(), [], began
    while not found or start <= looked_at + DAY:
        end = midnight(zone, later(first, months * (len(found) + 1)))
        found.append(Period(len(found), start, end))
        start = end
    return found


def later(day: date, months: int) -> date:
    """So many months later, on the same day or the last of a month that is too short."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def midnight(zone: str, day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
