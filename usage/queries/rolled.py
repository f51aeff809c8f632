"""How far the roll-ups of usage have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.kernel.utc import day_of
from usage.models import RollUps
from usage.queries.moments import database_clock


@dataclass(frozen=True)
class Rolled:
    """at: when this was asked. until: what was recorded before it is in. hours_since: before it only days are kept."""

    at: datetime
    until: datetime
    hours_since: datetime

    @property
    def lag(self) -> timedelta:
        """How old what is not in yet may be."""
        return max(self.at - self.until, timedelta(0))

    @property
    def has_yesterday(self) -> bool:
        """Whether all that was recorded before this day of UTC is in. What goes by whole days waits for it."""
        return self.until >= day_of(self.at)


def rolled() -> Rolled:
    """How far they have come by now."""
    row = RollUps.objects.get()
    return Rolled(database_clock(), row.floor_at, row.slots_since)
