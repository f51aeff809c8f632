"""Days and months of UTC: when they begin."""

from datetime import UTC, date, datetime, time


def midnight(day: date) -> datetime:
    """When a day begins. day: a plain date."""
    return datetime.combine(day, time(), UTC)


def day_of(moment: datetime) -> datetime:
    """When the day began in which the moment lies."""
    return midnight(moment.astimezone(UTC).date())


def month_of(moment: datetime) -> datetime:
    """When the month began in which the moment lies."""
    return day_of(moment).replace(day=1)
