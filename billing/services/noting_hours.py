"""The hours of all accounts, for the map of peaks: noted by a job, so that no page adds them up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from billing.models import BurnHour
from config.kernel.running import alone_at
from config.kernel.utc import day_of
from usage.queries.moments import database_clock
from usage.queries.usage_reader import usage_reader
from usage.rules.usage_asked import UsageQuestion

JOB = "note hours"
WEEKS = 4
DAY = timedelta(days=1)
KEPT = (WEEKS * 7 + 7) * DAY
AT_ONCE = 7 * DAY


def note_hours(now: datetime | None = None) -> int:
    """Note the hours of the four whole weeks before today anew, a week at a time; answers how many are noted.

    Usage that is told late, or given back, changes hours that are long over: all of them are asked again each time.
    Where somebody else is at it, nothing is done.
    """
    moment, count = now or database_clock(), 0
    with alone_at(JOB) as is_alone:
        if is_alone:
            until = day_of(moment)
            for week in range(WEEKS, 0, -1):
                count += _note(until - week * AT_ONCE, until - (week - 1) * AT_ONCE, moment)
            BurnHour.objects.filter(hour_at__lt=until - KEPT).delete()
    return count


@transaction.atomic
def _note(since: datetime, until: datetime, moment: datetime) -> int:
    """Put what the roll-ups have in the place of what was noted of that time."""
    rows = usage_reader().rows(UsageQuestion(since, until, ("hour", "token")))
    hours = [
        BurnHour(hour_at=row.keys[0], unit_id=row.keys[1], tokens=row.tokens, noted_at=moment)
        for row in rows
        if row.keys[1] is not None
    ]
    BurnHour.objects.filter(hour_at__gte=since, hour_at__lt=until).delete()
    BurnHour.objects.bulk_create(hours)
    return len(hours)
