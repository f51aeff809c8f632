"""What a debit was allowed to use, what allowances covered of it and which budgets counted it: words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from config.kernel.amounts import plain, tokens
from usage.rules.access import AccessFact
from usage.rules.answers import instant, instant_or_none

Step = dict[str, Any]
SPAN = {"day": "a day", "week": "a week", "month": "a month", "year": "a year", "total": "in all"}


@dataclass(frozen=True, slots=True)
class Covering:
    """Units of a line that a window of an allowance covered. used: by debits before, less what was given back by then.

    units: what the allowance included in a window; None where it is not known any more.
    """

    position: int
    feature: str
    pattern: str
    period: str
    window_start: date
    covered: Decimal
    used: Decimal
    units: Decimal | None


@dataclass(frozen=True, slots=True)
class Counting:
    """What a budget counted of a debit. spent: before it. limit, is_hard: as set then; None where it had none."""

    code: str
    value: str
    period: str
    window_start: date
    counted: Decimal
    lines: Decimal
    spent: Decimal
    limit: Decimal | None
    is_hard: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """What a debit opened, and when a reversal ended it."""

    pattern: str
    effective_from: datetime
    effective_until: datetime
    ended_at: datetime | None


def entitlement(said: Sequence[tuple[str, AccessFact | None]], *, asked_first: bool = True) -> Step:
    """Whether the account might use the features. said: each with the fact that decides.

    asked_first: it was a debit, not usage reported after the fact, which is booked whatever is said.
    """
    closed = [(feature, fact) for feature, fact in said if fact is not None and fact.kind == "closed"]
    if closed:
        told = [f"{feature} was closed by {fact.pattern}" for feature, fact in closed]
    else:
        told = [f"{feature} was open by {fact.pattern}" for feature, fact in said if fact is not None]
    return {
        "step": "entitlement",
        "text": f"{'; '.join(told)}." if told else "Nothing was said of access, so all of it was open.",
        "entitlements": [
            {"feature": feature, "open": fact is None or fact.kind == "open"} | (fact.told if fact else {})
            for feature, fact in said
        ],
        "agrees": not closed or not asked_first,
    }


def allowance(each: Covering, line_covered: Decimal, all_covered: Decimal) -> Step:
    """What a window covered of a line. line_covered: as the line has it; all_covered: by all windows together."""
    of = "" if each.units is None else f" of {plain(each.units)} units"
    name = f"allowance{of} of {each.pattern} {SPAN[each.period]}"
    return {
        "step": "allowance",
        "text": f"The {name} covers {plain(each.covered)} of {each.feature}; "
        f"{plain(each.used)} were used before in the window from {_day(each.window_start)}.",
        "feature": each.feature,
        "pattern": each.pattern,
        "period": each.period,
        "window_start": _day(each.window_start),
        "covered": plain(each.covered),
        "used_before": plain(each.used),
        "agrees": line_covered == all_covered,
    }


def budget(each: Counting, *, asked_first: bool = True) -> Step:
    """What a budget counted, and what it allowed."""
    whose = f" for {each.value}" if each.value else ""
    limit = "no limit" if each.limit is None else tokens(each.limit)
    kind = "hard" if each.is_hard else "soft"
    is_within = each.limit is None or not each.counted or each.spent + each.counted <= each.limit
    return {
        "step": "budget",
        "text": f"The {kind} budget {each.code}{whose} counts {tokens(each.counted)} after {tokens(each.spent)} of "
        f"{limit} {SPAN[each.period]}.",
        "budget": each.code,
        "value": each.value,
        "period": each.period,
        "window_start": _day(each.window_start),
        "limit": None if each.limit is None else tokens(each.limit),
        "hard": each.is_hard,
        "spent_before": tokens(each.spent),
        "tokens": tokens(each.counted),
        "agrees": each.counted == each.lines and (is_within or not each.is_hard or not asked_first),
    }


def limits(coverings: Sequence[Covering], countings: Sequence[Counting]) -> Step:
    """Which limits were asked."""
    names = [each.code for each in countings]
    if names:
        text = f"Counted by the budget{'s' * (len(names) > 1)} {', '.join(names)}."
    elif coverings:
        text = "No budget counts it."
    else:
        text = "No allowance covers it and no budget counts it."
    return {"step": "limits", "text": text, "limits": names}


def opening(each: Opening) -> Step:
    """What was opened, and for how long."""
    ended = f", and ended at {instant(each.ended_at)} by a reversal" if each.ended_at else ""
    span = f"from {instant(each.effective_from)} until {instant(each.effective_until)}"
    return {
        "step": "access",
        "text": f"It opened {each.pattern} {span}{ended}.",
        "pattern": each.pattern,
        "effective_from": instant(each.effective_from),
        "effective_until": instant(each.effective_until),
        "ended_at": instant_or_none(each.ended_at),
    }


def _day(day: date) -> str:
    return day.isoformat()
