"""The tab of seats: who has one now, seats against time, and how many cost nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.desk import charts
from usage.queries.seats import FeatureSeats, open_seats, seat_features, seats_at, seats_over_time, tokens_of
from wallets.models import Account

SHOWN = timedelta(days=7)
HOUR = timedelta(hours=1)
BUCKET = 3 * HOUR
SEATS_LISTED = 200


def shown(account: Account, now: datetime) -> dict[str, Any]:
    """What the tab shows: the week of each feature whose seats were taken, open seats, and the base seats."""
    taken = open_seats(account.pk, now)[:SEATS_LISTED]
    spent = tokens_of([each.pk for each in taken])
    return {
        "open_seats": [(each, spent.get(each.pk, Decimal(0))) for each in taken],
        "peaks": [_peak(account, each, now) for each in seat_features(account.pk, now - SHOWN)],
        "base_seats": seats_at(account.pk, now),
    }


def _peak(account: Account, feature: FeatureSeats, now: datetime) -> dict[str, Any]:
    """The most seats taken in each three hours of the last week, those beyond the base seats on top."""
    start = now - SHOWN
    start -= timedelta(
        hours=start.hour % (BUCKET // HOUR),
        minutes=start.minute,
        seconds=start.second,
        microseconds=start.microsecond,
    )
    steps = seats_over_time(account.pk, feature.feature_id, start, now)
    count = -((start - now) // BUCKET)
    base, overflow = [Decimal(0)] * count, [Decimal(0)] * count
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        ends = following.at if following else now
        first, last = (step.at - start) // BUCKET, (ends - start - timedelta.resolution) // BUCKET
        for place in range(max(first, 0), min(last, count - 1) + 1):
            if base[place] + overflow[place] <= step.base + step.overflow:
                base[place], overflow[place] = Decimal(step.base), Decimal(step.overflow)
    labels = [f"{start + BUCKET * place:%-d %b %H:%M}" for place in range(count)]
    return {
        "feature": feature,
        "chart": charts.columns(labels, [("base seats", base), ("beyond them", overflow)], height=170),
        "most": max((int(low + high) for low, high in zip(base, overflow, strict=True)), default=0),
    }
