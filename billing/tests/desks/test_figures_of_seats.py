"""What the tab of seats says, beside an SQL of its own over when each seat was taken and given back."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from billing.tests.desks.asking import asked
from usage.tests.made import clock
from usage.tests.office import MINUTE, Office

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)

# A seat is taken from its start until its end: the most at once is at one of the starts, or as three hours begin.
_PEAKS = """
    WITH seat AS (SELECT started_at, coalesce(ended_at, 'infinity') AS ended_at FROM usage_checkout
                  WHERE account_id = %(account)s),
    bucket AS (SELECT at, at + interval '3 hours' AS until
               FROM generate_series(date_bin('3 hours', %(now)s::timestamptz - interval '7 days', 'epoch'),
                                    %(now)s::timestamptz, interval '3 hours') AS at),
    instant AS (SELECT b.at, s.started_at AS moment FROM bucket b JOIN seat s
                ON s.started_at >= b.at AND s.started_at < b.until UNION SELECT at, at FROM bucket)
    SELECT i.at, max((SELECT count(*) FROM seat s WHERE s.started_at <= i.moment AND s.ended_at > i.moment))
    FROM instant i GROUP BY i.at ORDER BY i.at
"""
_SPENT = """
    SELECT k.person, coalesce((
        SELECT sum(CASE e.kind WHEN 'draw' THEN e.amount ELSE -e.amount END) FROM usage_checkoutcharge c
        JOIN wallets_entry e ON e.account_id = c.account_id AND e.kind IN ('draw', 'restore')
            AND (e.cause_id = c.debit_id
                 OR e.cause_id IN (SELECT v.id FROM usage_reversal v WHERE v.debit_id = c.debit_id))
        WHERE c.checkout_id = k.id), 0)
    FROM usage_checkout k WHERE k.account_id = %(account)s AND k.ended_at IS NULL
"""


@pytest.fixture
def office(db: None) -> Office:
    """Two base seats, a morning with four at once, an afternoon with three, and two who sit there still."""
    now = clock()
    office = Office(now=now - 3 * 24 * HOUR, seats=2, granted="1000", interval="PT12H", heartbeat="PT12H")
    for hours, users, stay in ((60, "abcd", 100), (49, "ab", 30), (47, "efg", 200)):
        at = now - hours * HOUR
        seats = [office.take(user, now=at + place * MINUTE) for place, user in enumerate(users)]
        for place, seat in enumerate(seats):
            office.give_back(seat, now=at + stay * MINUTE + place * MINUTE)
    for place, user in enumerate("hijk"):
        taken = office.take(user, now=now - (150 - place) * MINUTE)
    office.reverse(taken, now=now - 5 * MINUTE)
    office.give_back(office.take("l", now=now - 100 * MINUTE), now=now - 99 * MINUTE)
    return office


def heights(chart: Any) -> dict[str, Decimal]:
    """How many seats the columns of a chart say, by the time at which each begins."""
    found: dict[str, Decimal] = {}
    for bar in chart.wide.bars:
        at, _, said = bar.title.rpartition(": ")
        found[at] = found.get(at, Decimal(0)) + Decimal(said.rpartition(" ")[2])
    return found


class TestSeats:
    def test_peaks_are_the_most_that_were_taken_at_once(self, admin_client: Client, office: Office) -> None:
        shown = admin_client.get(f"/admin/wallets/account/{office.account.pk}/change/?tab=seats").context

        (peak,) = shown["peaks"]
        wanted = asked(_PEAKS, account=office.account.pk, now=clock())
        assert heights(peak["chart"]) == {label(at): most for at, most in wanted if most}
        assert peak["most"] == max(most for _, most in wanted) == 5

    def test_tokens_are_what_the_ledger_drew_for_each(self, admin_client: Client, office: Office) -> None:
        shown = admin_client.get(f"/admin/wallets/account/{office.account.pk}/change/?tab=seats").context

        told = {each.person: spent for each, spent in shown["open_seats"]}
        assert told == dict(asked(_SPENT, account=office.account.pk))
        assert set(told) == set("hijk")


def label(at: datetime) -> str:
    return f"{at:%-d %b %H:%M}"
