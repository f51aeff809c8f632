"""What becomes of a received record: what its wishes came to, and what follows where something was in their way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from billing.errors import NotThereYet
from billing.rules.connecting import (
    AccessExpired,
    ConnectionFault,
    Later,
    NotSetUp,
    Unreachable,
    Unreadable,
)
from billing.rules.deliveries import JITTER, LONGEST_REST, SHORTEST_REST, WAITS
from billing.rules.fault_groups import LONGEST_FAULT, group_of_record
from config.kernel.errors import DomainError

ERASED = "Erased."
"""What is said in the place of sentences that may have named a person."""
WAITS_FOR_OTHERS = tuple(timedelta(seconds=each) for each in (5, 10, 30, 60, 120, 240, 480, 900, 1800))
"""The pauses where a record names what may still come: about an hour in all."""
SETTINGS = "settings"
"""What a record waits for where a person has to set something right."""
WAIT_FOR_SETTINGS = timedelta(hours=1)

_MAY_COME = frozenset({"unknown_account", "unknown_reference"})
_MAY_PASS = frozenset({"unavailable", "internal"})


@dataclass(frozen=True, slots=True)
class Came:
    """What a wish came to, in a sentence. about: order, account, trial, request or nothing; ref: which one.

    version: of an order. is_superseded: a later one held already. is_new: an account that was not linked before.
    """

    about: str
    ref: str
    said: str
    version: int | None = None
    is_superseded: bool = False
    is_new: bool = False

    def kept(self) -> dict[str, Any]:
        """The same as the handling keeps it."""
        told: dict[str, Any] = {"about": self.about, "ref": self.ref, "said": self.said}
        if self.version is not None:
            told |= {"version": self.version, "superseded": self.is_superseded}
        return told


def silenced(outcome: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a record came to, without the sentences about it."""
    return [{**each, "said": ERASED} for each in outcome]


class Next(StrEnum):
    """What becomes of a record; the words are the states of a handling."""

    APPLIED = "applied"
    IGNORED = "ignored"
    AGAIN = "waiting"
    GIVE_UP = "dead"


@dataclass(frozen=True, slots=True)
class Verdict:
    """fault: by which errors are grouped. reason: the whole sentence. waits_for: what may come, as "customer 17".

    counts: this attempt is one of those that are few. rests: no record of the connection can be applied now. rest: for
    so long none of them is tried.
    """

    next: Next
    outcome: Sequence[Came] = ()
    fault: str = ""
    reason: str = ""
    where: str = ""
    waits_for: str = ""
    wait: timedelta = timedelta(0)
    counts: bool = True
    rests: bool = False
    rest: timedelta = timedelta(0)


def verdict_of(fault: Exception, tries: int, chance: float, *, is_read: bool = True) -> Verdict:
    """What follows from a fault at the `tries`-th attempt. chance: at least 0 and below 1; spreads attempts.

    What a person has to set right is waited for, however often it is tried. is_read: the record could be read, so that
    what is missing is missed by its own wishes; else every record of the connection fails so, and all of them rest.
    """
    if isinstance(fault, NotSetUp):
        wait = WAIT_FOR_SETTINGS if is_read else timedelta(0)
        return Verdict(
            Next.AGAIN,
            fault=group_of_record(str(fault)),
            reason=str(fault),
            waits_for=SETTINGS,
            wait=wait,
            counts=False,
            rests=not is_read,
        )
    if isinstance(fault, Unreadable):
        return Verdict(Next.GIVE_UP, fault=group_of_record(str(fault)), reason=str(fault), where=fault.where)
    if isinstance(fault, (Unreachable, Later, AccessExpired)):
        return _hindered(fault, tries, chance, is_read)
    if isinstance(fault, ConnectionFault):
        return Verdict(Next.GIVE_UP, fault=group_of_record(str(fault)), reason=str(fault))
    if isinstance(fault, NotThereYet):
        sort = f"The {fault.what} is not here yet."
        return _again(
            fault.detail, sort, WAITS_FOR_OTHERS, tries, chance, waits_for=f"{fault.what} {fault.name}"
        )
    if isinstance(fault, DomainError):
        return _refused(fault, tries, chance)
    said = f"{type(fault).__name__}: {fault}"
    return _again(said, f"{type(fault).__name__} on our side", WAITS, tries, chance)


def _hindered(fault: ConnectionFault, tries: int, chance: float, is_read: bool) -> Verdict:
    """They can't be asked at present, nor for the records behind this one: it is never given up for that."""
    wait = min(WAITS[min(tries, len(WAITS)) - 1], LONGEST_REST) * (1 - JITTER + 2 * JITTER * chance)
    rest = SHORTEST_REST
    if isinstance(fault, Later):
        rest = timedelta(seconds=fault.seconds)
    return Verdict(
        Next.AGAIN,
        fault=group_of_record(str(fault)),
        reason=str(fault),
        wait=max(wait, rest),
        rest=timedelta(0) if is_read else rest,
    )


def _refused(fault: DomainError, tries: int, chance: float) -> Verdict:
    pointer = re.sub(r"\d+", "…", fault.errors[0].pointer) if fault.errors else ""
    sort = f"{fault.problem.title} ({pointer})" if pointer else fault.problem.title
    where = fault.errors[0].pointer if fault.errors else ""
    if fault.code in _MAY_COME:
        return _again(fault.detail, sort, WAITS_FOR_OTHERS, tries, chance, where)
    if fault.code in _MAY_PASS:
        return _again(fault.detail, sort, WAITS, tries, chance, where)
    return Verdict(Next.GIVE_UP, fault=sort, reason=fault.detail, where=where)


def _again(
    reason: str,
    sort: str,
    waits: Sequence[timedelta],
    tries: int,
    chance: float,
    where: str = "",
    waits_for: str = "",
) -> Verdict:
    if tries > len(waits):
        follows, wait = Next.GIVE_UP, timedelta(0)
    else:
        follows, wait = Next.AGAIN, waits[tries - 1] * (1 - JITTER + 2 * JITTER * chance)
    return Verdict(
        follows, fault=sort[:LONGEST_FAULT], reason=reason, where=where, waits_for=waits_for, wait=wait
    )
