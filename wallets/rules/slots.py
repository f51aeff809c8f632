"""Periods that jobs are done once in: half-open, counted from the beginning of a day of UTC."""

from datetime import UTC, datetime, timedelta


def slot_of(moment: datetime, length: timedelta) -> datetime:
    """When the slot of this length began that holds `moment`. length: a whole part of a day."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + length * ((moment - midnight) // length)
