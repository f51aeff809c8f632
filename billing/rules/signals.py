"""What a seller should look at: signals of growth and of loss, with the evidence, each once a period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.rules.figures import AccountFigures
from config.kernel.amounts import plain

OVERAGE_DAYS = 7
SEAT_DAYS = 3
RENEWAL_AHEAD, TRIAL_AHEAD = timedelta(days=14), timedelta(days=7)
UNUSED, TRIAL_USED = Decimal("0.6"), Decimal("0.5")
"""Shares: of a period's tokens that lie there near its end; of a trial that was spent near its end."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The end of a plan's period. tokens, left: of the grants that end with it."""

    on: date
    tokens: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an account besides its figures.

    overage_since: the day on which the present overage began, and the number of the entry that began it.
    overflow: feature, on how many of the last thirty days more seats were taken than it has, and how many at most.
    trial: its identity, and what of its tokens was spent, a share.
    """

    figures: AccountFigures
    today: date
    renewal: Renewal | None = None
    overage_since: tuple[date, int] | None = None
    overflow: Sequence[tuple[str, int]] = ()
    trial: tuple[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to do. period: tells this occasion from the next of the same account. due_on: by when it matters."""

    code: str
    period: str
    title: str
    evidence: str
    due_on: date


def signals(seen: Seen) -> list[Signal]:
    """All that the account gives reason for today."""
    return [signal for each in _RULES for signal in each(seen)]


def _runs_out(seen: Seen) -> list[Signal]:
    """Tokens are gone before the next ones come, or before what is there would expire anyway."""
    gone, figures = seen.figures.runs_out_on, seen.figures
    ends = [each for each in (seen.renewal.on if seen.renewal else None, figures.next_expiry_on) if each]
    if gone is None or not ends or gone >= min(ends):
        return []
    burn = plain(figures.burn_a_day or Decimal(0))
    said = f"{plain(figures.available)} {figures.unit} are left and {burn} are used a day: they last until {gone}, "
    return [
        Signal(
            "runs-out",
            min(ends).isoformat(),
            f"Tokens run out on {gone}",
            f"{said}and the period ends on {min(ends)}.",
            gone,
        )
    ]


def _overage(seen: Seen) -> list[Signal]:
    if seen.overage_since is None or not seen.figures.overage:
        return []
    since, entry = seen.overage_since
    days = (seen.today - since).days
    if days < OVERAGE_DAYS:
        return []
    said = (
        f"{plain(seen.figures.overage)} {seen.figures.unit} were used beyond what was bought, since {since}."
    )
    return [Signal("overage", str(entry), f"Beyond what was bought for {days} days", said, seen.today)]


def _seats(seen: Seen) -> list[Signal]:
    return [
        Signal(
            "seats",
            f"{feature}:{seen.today:%Y-%m}",
            f"More people than seats at {feature}",
            f"On {days} of the last thirty days more seats of {feature} were taken than were bought.",
            seen.today,
        )
        for feature, days in seen.overflow
        if days >= SEAT_DAYS
    ]


def _unused(seen: Seen) -> list[Signal]:
    renewal = seen.renewal
    if renewal is None or not renewal.tokens or renewal.on - seen.today > RENEWAL_AHEAD:
        return []
    share = renewal.left / renewal.tokens
    if share < UNUSED:
        return []
    said = f"{plain(renewal.left)} of {plain(renewal.tokens)} {seen.figures.unit} lie there, {share:.0%}."
    title = f"Most tokens are unused before the renewal on {renewal.on}"
    return [Signal("unused", renewal.on.isoformat(), title, said, renewal.on)]


def _trial(seen: Seen) -> list[Signal]:
    ends = seen.figures.trial_ends_on
    if seen.trial is None or ends is None or seen.figures.trial not in ("open", "spent"):
        return []
    identity, used = seen.trial
    if not seen.today <= ends <= seen.today + TRIAL_AHEAD or used < TRIAL_USED:
        return []
    return [
        Signal(
            "trial",
            identity,
            f"A trial that is used ends on {ends}",
            f"{used:.0%} of its tokens were used.",
            ends,
        )
    ]


_RULES: Sequence[Callable[[Seen], list[Signal]]] = (_runs_out, _overage, _seats, _unused, _trial)
