"""Days of terms, trials and notices are days of the account's calendar: the same time of day when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from billing.queries import quotation_days
from billing.queries.calendar import days_later
from billing.services import auditing, trial_life
from billing.tests.orders.sold import a_line, an_offer, given_to, order
from billing.tests.trying import a_seller, a_trial, grant_of
from billing.tests.trying import an_offer as a_trial_offer
from usage.tests.made import DAY, HOUR, a_grant, an_account, clock
from wallets.models import Account
from wallets.queries.facts import FACTS

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu")


def local(*parts: int, fold: int = 0) -> datetime:
    """An instant of Berlin."""
    return datetime(*parts, tzinfo=BERLIN, fold=fold)  # type: ignore[arg-type,misc]


@pytest.fixture
def acme() -> Account:
    return an_account(local(2027, 1, 1), time_zone="Europe/Berlin")


def reckoned(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same, minute by minute: the first that shows this time of day, or else a later one."""
    naive = (moment.astimezone(zone) + timedelta(days=days)).replace(tzinfo=None)
    found = naive.replace(tzinfo=UTC) - 15 * HOUR
    while found.astimezone(zone).replace(tzinfo=None) < naive:
        found += timedelta(minutes=1)
    return found


class TestDaysLater:
    @pytest.mark.parametrize(
        ("start", "days", "found"),
        [
            (local(2027, 3, 1, 12), 30, local(2027, 3, 31, 12)),
            (local(2027, 2, 26, 2, 30), 30, local(2027, 3, 28, 3)),  # a time that the 28th has not
            (local(2027, 10, 1, 2, 30), 30, local(2027, 10, 31, 2, 30)),  # one that comes twice: the first
            (local(2027, 11, 20, 12), -30, local(2027, 10, 21, 12)),
        ],
    )
    def test_keep_the_local_time(self, acme: Account, start: datetime, days: int, found: datetime) -> None:
        assert days_later(acme.pk, start, days) == found.astimezone(UTC)

    def test_agree_with_a_reckoning_by_the_minute(self) -> None:
        dice = Random(1)
        accounts = {name: an_account(local(2027, 1, 1), time_zone=name).pk for name in ZONES}
        for _ in range(120):
            name, days = dice.choice(ZONES), dice.choice((-60, -30, -7, -1, 1, 14, 30, 365))
            moment = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(300 * 1440))
            expected = reckoned(moment, days, ZoneInfo(name))

            assert (name, moment, days_later(accounts[name], moment, days)) == (name, moment, expected)


def test_a_trial_ends_at_the_same_local_time_and_is_told_of_so(acme: Account) -> None:
    """It begins on a 1 March ahead, and again 30 days are the same time of day when it is extended."""
    year = clock().year + 1
    offer = a_trial_offer(days=30, remind_days=14, extension_days=200)
    trial = a_trial(a_seller(), offer, acme, starts_at=local(year, 3, 1, 12))
    ends, reminded = grant_of(trial).expires_at, trial.remind_at

    extended = trial_life.extend(trial_id=trial.pk, user=a_seller(), reason="They asked.")

    assert (ends, reminded) == (local(year, 3, 31, 12), local(year, 3, 17, 12))
    assert grant_of(trial).expires_at == local(year, 10, 17, 12)
    assert extended.remind_at == local(year, 10, 3, 12)
    assert auditing.findings(["trial_ends_when_its_offer_says", "trial_was_extended_once"]) == ()


def test_bought_tokens_last_for_days_of_the_calendar(acme: Account) -> None:
    pack = an_offer(tokens=[{"tokens": Decimal(5), "lasts_days": 30}])

    order(acme, a_line(pack), now=local(2027, 10, 15, 9))

    assert [grant.expires_at for grant in given_to(acme)] == [local(2027, 11, 14, 9)]


def test_notices_come_so_many_days_ahead_at_the_same_local_time(acme: Account) -> None:
    """Of an end on 14 April the clocks are changed after the steps of 60 and 30 days, and before those of 7 and 1."""
    end = local(2027, 4, 14, 12)
    a_grant(acme, "5", now=local(2027, 1, 2), expires_at=end)
    expiring = next(each for each in FACTS if each.name == "grants expiring")
    bounds = ("%(since)s::timestamptz", "%(until)s::timestamptz", "NULL", "%(since)s::timestamptz")
    due = {days: local(2027, 4, 14, 12) - timedelta(days=days) for days in (60, 30, 7, 1)}

    found = {}
    for days, moment in due.items():
        since, until = moment.astimezone(UTC) - HOUR / 60, moment.astimezone(UTC) + HOUR / 60
        with connection.cursor() as cursor:
            cursor.execute(expiring.between(*bounds), {"since": since, "until": until})
            found |= {
                row[5]["days"] if isinstance(row[5], dict) else days: row[0] for row in cursor.fetchall()
            }

    assert found == {days: moment.astimezone(UTC) for days, moment in due.items()}
    assert due[30].utcoffset() != due[7].utcoffset()


def test_a_quotation_is_valid_until_a_local_midnight(acme: Account) -> None:
    written = local(2027, 3, 10, 12)

    assert quotation_days.usual_end(acme.pk, written) == local(2027, 4, 10)
    assert quotation_days.usual_last_day(acme.pk, written) == date(2027, 3, 10) + 30 * DAY
