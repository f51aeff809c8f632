"""When an alert is crossed, and what it says. Each kind looks at figures of the account as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from config.kernel.amounts import readable

LEFT, RUNS_OUT, BUDGET, EXPIRY = "left", "runs_out", "budget", "expiry"
PER_CENT = (LEFT, BUDGET)
DAYS = (RUNS_OUT, EXPIRY)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class BudgetUsed:
    """A window of a budget, for one value. key: names it. limit: above zero."""

    key: str
    words: str
    used: Decimal
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Ending:
    """Tokens of a grant that expire together. key: names the grant and its expiry, which may move."""

    key: str
    kind: str
    tokens: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account in one token unit. stocked: available when tokens came in last; None before the first did.

    a_day: what a day is expected to burn; None where that is not known. runs_out_at: when what is available is gone if
    burning goes on so; None beyond ten years. budgets, endings: where they are asked for.
    """

    unit: str
    available: Decimal
    stocked: Decimal | None
    a_day: Decimal | None
    runs_out_at: datetime | None
    budgets: Sequence[BudgetUsed]
    endings: Sequence[Ending]


@dataclass(frozen=True, slots=True)
class Crossed:
    """What is beyond the threshold now. subject: names it, so that it is told once. words: for the mail."""

    subject: str
    words: str


def crossed(kind: str, threshold: int, facts: AccountFacts, now: datetime) -> list[Crossed] | None:
    """All that is beyond an alert's threshold; None where that is not known. threshold: per cent or days, by kind."""
    return _KINDS[kind](threshold, facts, now)


def _left(threshold: int, facts: AccountFacts, _now: datetime) -> list[Crossed]:
    if not facts.stocked or facts.available * HUNDRED > facts.stocked * threshold:
        return []
    return [
        Crossed(
            facts.unit,
            f"{threshold} % of the tokens or less are left: {readable(facts.available)} {facts.unit}.\n"
            f"It was {readable(facts.stocked)} when tokens came in last.",
        )
    ]


def _runs_out(threshold: int, facts: AccountFacts, now: datetime) -> list[Crossed] | None:
    if facts.a_day is None:
        return None
    if facts.a_day <= 0:
        return []
    if facts.available > 0 and (
        facts.runs_out_at is None or facts.runs_out_at > now + timedelta(days=threshold)
    ):
        return []
    a_day = readable(facts.a_day.quantize(Decimal("0.01")))
    return [
        Crossed(
            facts.unit,
            f"The tokens last for {threshold} days or less at this pace.\n"
            f"{readable(facts.available)} {facts.unit} are left, and about {a_day} a day are spent.",
        )
    ]


def _budget(threshold: int, facts: AccountFacts, _now: datetime) -> list[Crossed]:
    return [
        Crossed(
            each.key,
            f"The budget {each.words} is used up to {threshold} % or more.\n"
            f"{readable(each.used)} of {readable(each.limit)} tokens are spent or held.",
        )
        for each in facts.budgets
        if each.used * HUNDRED >= each.limit * threshold
    ]


def _expiry(threshold: int, facts: AccountFacts, now: datetime) -> list[Crossed]:
    return [
        Crossed(
            each.key,
            f"{readable(each.tokens)} {facts.unit} expire within {threshold} days.\n"
            f"They are of a {each.kind} grant and lapse at {each.at:%-d %b %Y %H:%M} UTC unless they are spent.",
        )
        for each in facts.endings
        if now < each.at <= now + timedelta(days=threshold)
    ]


_KINDS = {LEFT: _left, RUNS_OUT: _runs_out, BUDGET: _budget, EXPIRY: _expiry}
