"""The shape of the demo's traffic: when a customer's calls come, by what a real organisation sent in fourteen days.

The recording has requests by hour over two weeks. The demo repeats it, scaled, on the customer's own calendar: hour 0
is midnight of a Monday there. Its debits are bundles of calls, as products send them. What is drawn is drawn from
SHA-256 of a seed, so that every run on every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.rules.demo_clients import Client
from billing.rules.demo_traffic import draw

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SATURDAY = 5
REQUESTS_A_CALL = 3000
"""The scale: of so many recorded requests the demo charges one call."""
FEWEST, MOST = 40, 2600
"""Bundles of a customer in ninety days: what the smallest and the largest come in."""
SECONDS_OF_AN_HOUR = 3600
GROWTH = Decimal("0.6")
"""By how much of its middle a customer's traffic grows from its first day to its last."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """So many calls of a customer, told at once. place: counts from 1 within the customer."""

    at: datetime
    place: int
    calls: int


def bundles(client: Client, hours: Sequence[Decimal], now: datetime, days: int = 90) -> Iterator[Bundle]:
    """The customer's calls in order of time, of the last `days` days at most, from when it came to when it went."""
    came, went = (min(each, days) for each in client.days)
    since, until = _whole_hour(now - came * DAY), now - went * DAY
    weights = list(_weights(client, hours, since, until))
    total = sum((weight for _, weight in weights), Decimal(0))
    calls = total / REQUESTS_A_CALL
    count = bundles_of(calls, came - went)
    if not count or not calls:
        return
    a_bundle = max(int(calls / count), 1)
    seen, place = Decimal(0), 0
    for begins, weight in weights:
        seen += weight
        due = int(seen * count / total)
        moments = sorted(_moment(client, begins, each) for each in range(place + 1, due + 1))
        for moment in moments:
            place += 1
            if moment < until:
                yield Bundle(moment, place, a_bundle)


def bundles_of(calls: Decimal, days: int) -> int:
    """In how many bundles so many calls are told: the root of them, within the limits, which are of ninety days."""
    share = Decimal(days) / 90
    return int(min(max(calls.sqrt() * 4, FEWEST * share), MOST * share, max(calls, Decimal(0))))


def _weights(
    client: Client, hours: Sequence[Decimal], since: datetime, until: datetime
) -> Iterator[tuple[datetime, Decimal]]:
    zone, span = ZoneInfo(client.zone), max((until - since) / HOUR, 1)
    moment = since
    while moment < until:
        local = moment.astimezone(zone)
        week = local.date().toordinal() // 7 % 2
        weight = hours[(week * 7 + local.weekday()) * 24 + local.hour]
        if local.weekday() >= SATURDAY:
            weight *= client.weekend
        grown = 1 + GROWTH * (Decimal(int((moment - since) / HOUR)) / Decimal(int(span)) - Decimal("0.5"))
        yield moment, weight * grown
        moment += HOUR


def _moment(client: Client, begins: datetime, place: int) -> datetime:
    return begins + timedelta(seconds=draw(f"{client.reference} {place}", SECONDS_OF_AN_HOUR))


def _whole_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
