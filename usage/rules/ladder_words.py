"""What a ladder decided, in sentences, from the figures that were kept: amounts as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from config.kernel.amounts import plain, tokens

Figures = Mapping[str, Any]

_CAPS = {
    "block": "blocks what grants do not pay",
    "limit": "allows overage up to {room}",
    "limit_percent": "allows overage up to a share of the last purchase of {bought}: {room}",
    "limit_money": "allows overage up to the tokens that an amount of money pays: {room}",
}


def whose(scope: str) -> str:
    """A policy by whose it is."""
    if scope == "default":
        return "No policy is set, and what holds without one"
    return f"The policy of the {scope}"


def _of(figures: Figures, name: str) -> str:
    return tokens(Decimal(figures.get(name) or 0))


def throttled(figures: Figures) -> list[str]:
    """Why a bucket refused."""
    said = [
        f"{whose(figures['policy'])} lets {_per_minute(figures)} through{_from(figures)}.",
        f"{_spent(figures)} {_asked(figures)}",
    ]
    if figures.get("retry_after") is None:
        return [*said, "The bucket of a minute's allowance can never hold as much."]
    return [*said, f"There is enough again {figures['retry_after']} s later."]


def too_much_held(figures: Figures) -> list[str]:
    """Why a hold was refused for its size."""
    limit, asked = _of(figures, "limit"), _of(figures, "required")
    return [f"{whose(figures['policy'])} lets a hold be of {limit} tokens at most. Asked for: {asked}."]


def in_short(figures: Figures) -> str:
    """The same for the caller, in one sentence."""
    if figures.get("retry_after") is None:
        return f"A throttle of {_per_minute(figures)} can never hold {_amount(figures, 'required')}."
    return (
        f"A throttle lets {_per_minute(figures)} through. Free now: {_amount(figures, 'available')}; "
        f"asked for: {_amount(figures, 'required')}. Try again in {figures['retry_after']} s."
    )


def beyond_zero(figures: Figures, floor: Decimal | None) -> list[str]:
    """What the strictest policy allows beyond zero. floor: by which it was judged."""
    cap = figures.get("cap")
    if cap is None:
        return ["The policies allow overage without limit."] if floor is None else []
    if cap == "grace":
        return list(_grace(figures, floor))
    words = _CAPS[cap].format(room=tokens(-(floor or Decimal(0))), bought=_of(figures, "bought"))
    return [f"{whose(figures['policy'])} {words}."]


def beyond_zero_later(figures: Figures, floor: Decimal | None) -> list[str]:
    """The same of a hold, whose captures are still to come."""
    if figures.get("cap") != "grace" or figures.get("grace") != "begins":
        return beyond_zero(figures, floor)
    amount = "" if floor is None else f" of {tokens(-floor)}"
    who = whose(figures["policy"])
    return [
        f"{who} gives a grace{amount} beyond zero, which begins with the first token that is captured there."
    ]


def _grace(figures: Figures, floor: Decimal | None) -> Iterator[str]:
    who, began = whose(figures["policy"]), figures.get("grace_started_at")
    ends = figures.get("grace_ends_at")
    term = f", until {ends}" if ends else ""
    if figures.get("grace") == "over" or floor == 0:
        yield f"{who} gave a grace beyond zero from {began} on{term}. It is over; another one needs a purchase."
    elif floor is None:
        yield f"{who} gives a grace beyond zero from {began} on{term}."
    else:
        yield f"{who} gives a grace of {tokens(-floor)} beyond zero from {began} on{term}."


def bucket(figures: Figures) -> str:
    """What a debit took of a bucket."""
    left = Decimal(figures["level"]) - Decimal(figures["taken"])
    return (
        f"{whose(figures['policy'])} lets {_per_minute(figures)} through{_from(figures)}: "
        f"{plain(Decimal(figures['level']))} were free, {plain(Decimal(figures['taken']))} taken, {plain(left)} left."
    )


def share(figures: Figures) -> str:
    """How much was gone before the request."""
    if figures.get("stocked") is None:
        return "No grant has come into force yet."
    return (
        f"{_of(figures, 'available')} were available before it, of {_of(figures, 'stocked')} when the last grant came "
        f"into force: {_percent(figures)} were gone."
    )


def _percent(figures: Figures) -> str:
    return f"{plain(Decimal(figures.get('spent_percent') or 0))} %"


def _per_minute(figures: Figures) -> str:
    return f"{_amount(figures, 'limit')} a minute"


def _amount(figures: Figures, name: str) -> str:
    """So many calls or tokens."""
    amount, measure = Decimal(figures[name]), str(figures["throttle"]).removesuffix("_per_minute")
    return f"{plain(amount)} {measure.removesuffix('s') if amount == 1 else measure}"


def _from(figures: Figures) -> str:
    return f" from {figures['from']} % on" if figures.get("from") else ""


def _spent(figures: Figures) -> str:
    return f"{_percent(figures)} of what was available were gone."


def _asked(figures: Figures) -> str:
    return f"Asked for: {_amount(figures, 'required')}. Free: {_amount(figures, 'available')}."
