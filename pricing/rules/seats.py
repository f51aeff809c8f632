"""What a rate says of seats and time: how long an interval lasts, and what is given back of one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

INTERVAL, HEARTBEAT = timedelta(hours=1), timedelta(minutes=15)
"""Of a rate that says none."""
LONGEST = timedelta(days=366)
REFUNDS = ("none", "prorata")
DURATIONS = ("interval", "heartbeat", "once_per_user")
FIELDS = ("interval", "heartbeat", "refund_unused", "once_per_user")

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SeatTerms:
    """What a rate says of seats, with what holds where it says nothing. once_per_user: None charges every time."""

    interval: timedelta = INTERVAL
    heartbeat: timedelta = HEARTBEAT
    refunds: bool = False
    once_per_user: timedelta | None = None


USUAL = SeatTerms()


def seat_terms(said: Mapping[str, str]) -> SeatTerms:
    """The terms of the four fields as they are written, which are in form."""
    if not any(said.values()):
        return USUAL
    interval = duration(said["interval"]) if said["interval"] else INTERVAL
    return SeatTerms(
        interval,
        duration(said["heartbeat"]) if said["heartbeat"] else min(HEARTBEAT, interval),
        said["refund_unused"] == "prorata",
        duration(said["once_per_user"]) if said["once_per_user"] else None,
    )


def duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds, such as PT15M.

    Raises ValueError where it is none, is nothing or more than 366 days. Months and years have no fixed length.
    """
    found = _DURATION.fullmatch(text)
    spent = (
        timedelta(**{name: int(part) for name, part in found.groupdict().items() if part}) if found else None
    )
    if not spent or spent > LONGEST:
        raise ValueError(f"{text!r} is not a duration such as PT1H or P30D, of at most 366 days.")
    return spent


def told(said: Mapping[str, str]) -> str:
    """The four fields in one line, as `interval=PT1H, refund_unused=prorata`."""
    return ", ".join(f"{name}={said[name]}" for name in FIELDS if said[name])


def seat_faults(terms: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Fields at fault, each with a sentence. terms: the four fields as written, empty where they say nothing."""
    lengths: dict[str, timedelta] = {}
    for name in DURATIONS:
        try:
            if terms[name]:
                lengths[name] = duration(terms[name])
        except ValueError as fault:
            yield name, str(fault)
    if terms["refund_unused"] and terms["refund_unused"] not in REFUNDS:
        yield "refund_unused", f"{terms['refund_unused']!r} is none of {', '.join(REFUNDS)}."
    if lengths.get("heartbeat", HEARTBEAT) > lengths.get("interval", INTERVAL) and "heartbeat" in lengths:
        yield "heartbeat", "A heartbeat's window is no longer than an interval."
    if terms["once_per_user"] and terms["refund_unused"] == "prorata":
        yield "refund_unused", "What a user is charged once for a time is not given back by the minute."
