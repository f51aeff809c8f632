"""Periods that jobs are done once in: half-open, counted from the beginning of a day of UTC."""

from datetime import datetime, timedelta

from config.kernel.utc import day_of


def slot_of(moment: datetime, length: timedelta) -> datetime:
    """When the slot of this length began that holds `moment`. length: a whole part of a day."""
    begun = day_of(moment)
    return begun + length * ((moment - begun) // length)
