"""Whether a connection works, and the sentence that says why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

FAILING_AFTER = 3
"""Exchanges in a row that failed as a whole."""
LATE_AFTER = timedelta(minutes=15)
"""How long something may wait, or a fetch be due, before a person should know of it."""
MANY_FAIL = Decimal("0.1")
TOO_FEW_TO_TELL = 10
"""Below so many records and messages a day their share of failures says nothing."""


class Condition(StrEnum):
    """What the desk calls a connection."""

    WORKING = "working"
    WARNING = "warning"
    FAILING = "failing"
    NOT_SET_UP = "not set up"
    PAUSED = "paused"
    OFF = "off"


RULES: dict[Condition, str] = {
    Condition.WORKING: "it is on, and nothing below holds",
    Condition.WARNING: "its last exchange failed; or something was given up; or something waits, or a fetch is due, for"
    " more than 15 minutes; or a tenth of what passed in 24 hours failed, of ten or more",
    Condition.FAILING: "three exchanges in a row or more failed as a whole",
    Condition.NOT_SET_UP: "something that a person sets is missing or wrong: what needs it waits, and goes on by itself"
    " once that is mended",
    Condition.PAUSED: "a person paused it: what is told is taken and kept; nothing is applied, fetched or sent",
    Condition.OFF: "a person switched it off: it takes nothing, and nothing is fetched or sent",
}
"""When a connection is called what, the first that holds counting from below."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction. waiting, dead: as far as they were counted. since: of the oldest that waits.

    passed, failed: of the last 24 hours, as far as they were counted, what ended or was tried, and what of it failed.
    """

    waiting: int = 0
    since: datetime | None = None
    dead: int = 0
    passed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Fares:
    """How a connection fares. state: what people say of it. fetch_due_at: of the stream that is due first.

    silent, fault, needed_since, needed_why: as in `ConnectionHealth`. rests_until: none where it does not rest.
    last_success_at: of an exchange that went well, or of a call that was taken.
    """

    state: str
    into: Flow
    out: Flow
    silent: int = 0
    fault: str = ""
    rests_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    fetch_due_at: datetime | None = None
    needed_since: datetime | None = None
    needed_why: str = ""

    @property
    def dead(self) -> int:
        return self.into.dead + self.out.dead

    @property
    def error_rate(self) -> Decimal | None:
        """The share that failed of what passed in 24 hours; None where nothing did."""
        passed = self.into.passed + self.out.passed
        return Decimal(self.into.failed + self.out.failed) / passed if passed else None

    def condition(self, now: datetime) -> Condition:
        """What the desk calls it, by `RULES`."""
        if self.state != "on":
            return Condition(self.state)
        if self.needed_since is not None:
            return Condition.NOT_SET_UP
        if self.silent >= FAILING_AFTER:
            return Condition.FAILING
        return Condition.WARNING if self.warnings(now) else Condition.WORKING

    def warnings(self, now: datetime) -> list[str]:
        """Why a person should look at it, a sentence each; what is paused or off is not warned of."""
        return list(self._warnings(now)) if self.state == "on" else []

    def _warnings(self, now: datetime) -> Iterator[str]:
        if self.needed_since is not None:
            yield f"A person has to set something right: {self.needed_why}"
        if (self.silent or self.fault) and not (self.needed_since and self.fault == self.needed_why):
            times = f"The last {self.silent} exchanges" if self.silent > 1 else "The last exchange"
            yield f"{times} failed: {self.fault or 'nobody said why.'}"
        if self.dead:
            is_one = self.dead == 1
            yield f"{self.dead:,} {'was given up and waits' if is_one else 'were given up and wait'} for a person."
        for flow, what in ((self.into, "to be applied"), (self.out, "to be sent")):
            if flow.since is not None and now - flow.since > LATE_AFTER:
                yield f"Something waits {what} for {minutes(now - flow.since)}."
        is_late = self.fetch_due_at is not None and now - self.fetch_due_at > LATE_AFTER
        if self.fetch_due_at is not None and is_late and self.rests_until is None:
            yield f"A fetch is due for {minutes(now - self.fetch_due_at)}: is a worker running?"
        passed, rate = self.into.passed + self.out.passed, self.error_rate
        if rate is not None and passed >= TOO_FEW_TO_TELL and rate >= MANY_FAIL:
            yield f"{rate * 100:.0f} % of what passed in the last 24 hours failed."


def minutes(span: timedelta) -> str:
    """A span for a sentence, to the minute below two hours, else to the hour."""
    count = int(span.total_seconds() // 60)
    if count < 120:
        return f"{count} minutes"
    return f"{count // 60} hours" if count < 2880 else f"{count // 1440} days"
