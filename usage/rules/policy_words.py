"""A policy as programs are told of it, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from config.kernel.amounts import plain, readable, tokens
from usage.rules.policies import GracePeriod, MoneyLimit, PolicyChoice, Throttle


def shown(policy: PolicyChoice, scope: str = "account") -> dict[str, Any]:
    """A policy as it is sent: a member is there where the policy has it.

    A block has no limit; overage has one, null where it is without. scope: named where it is not the account's own.
    """
    told: dict[str, Any] = {"mode": policy.mode}
    if policy.mode != "block":
        told["limit"] = None if policy.limit is None else tokens(policy.limit)
    if policy.limit_percent is not None:
        told["limit_percent"] = plain(policy.limit_percent)
    if policy.limit_money is not None:
        told["limit_money"] = _money(policy.limit_money)
    if policy.notify:
        told["notify"] = list(policy.notify)
    if policy.throttle:
        told["throttle"] = [_throttle(each) for each in policy.throttle]
    if policy.grace is not None:
        told["grace"] = _grace(policy.grace)
    if policy.hold_limit is not None:
        told["hold_limit"] = tokens(policy.hold_limit)
    return told if scope in ("account", "default") else {**told, "scope": scope}


def _money(limit: MoneyLimit) -> dict[str, str]:
    return {"amount": plain(limit.amount), "unit_price": plain(limit.unit_price), "currency": limit.currency}


def _throttle(each: Throttle) -> dict[str, Any]:
    amount = int(each.per_minute) if each.measure == "calls" else tokens(each.per_minute)
    return {"from": each.start, f"{each.measure}_per_minute": amount}


def _grace(grace: GracePeriod) -> dict[str, str]:
    lasts = {} if grace.lasts is None else {"for": span(grace.lasts)}
    return lasts if grace.tokens is None else {**lasts, "tokens": tokens(grace.tokens)}


def span(lasts: timedelta) -> str:
    """A duration by ISO 8601 in the largest unit that it is whole in."""
    seconds = int(lasts.total_seconds())
    for length, unit in ((3600, "H"), (60, "M")):
        if seconds % length == 0:
            return f"PT{seconds // length}{unit}"
    return f"PT{seconds}S"


def label(policy: PolicyChoice) -> str:
    """What it says to what grants do not pay, in a few words, and whether there are steps on the way."""
    if policy.grace is not None:
        said = "block after a grace" if policy.mode == "block" else "overage for a grace"
    elif policy.mode == "block":
        said = "block"
    elif policy.limit_percent is not None or policy.limit_money is not None:
        said = "overage up to a limit"
    else:
        said = "unlimited overage" if policy.limit is None else f"overage up to {readable(policy.limit)}"
    has_steps = policy.notify or policy.throttle or policy.hold_limit is not None
    return f"{said}, with steps" if has_steps else said


def beyond(policy: PolicyChoice) -> str:
    """What becomes of usage that no tokens pay for, for whoever buys them; empty where that depends on more."""
    if policy.grace is not None or policy.limit_percent is not None or policy.limit_money is not None:
        return ""
    if policy.mode == "block":
        return "What costs tokens is refused."
    most = "" if policy.limit is None else f", up to {readable(policy.limit)}"
    return f"What is used goes on as overage{most}."


def in_words(policy: PolicyChoice) -> list[str]:
    """The policy rung by rung, from soft to hard."""
    return list(_rungs(policy))


def _rungs(policy: PolicyChoice) -> Iterator[str]:
    if policy.notify:
        yield f"Tell when {_listed([f'{share} %' for share in policy.notify])} are spent"
    for each in policy.throttle:
        start = f" once {each.start} % are spent" if each.start else ""
        yield f"At most {plain(each.per_minute)} {each.measure} a minute{start}"
    if policy.hold_limit is not None:
        yield f"Holds of {plain(policy.hold_limit)} tokens at most"
    if policy.grace is not None:
        parts = [f"for {spoken(policy.grace.lasts)}"] if policy.grace.lasts else []
        parts += [f"up to {plain(policy.grace.tokens)} tokens"] if policy.grace.tokens else []
        yield f"Beyond zero {' and '.join(parts)}, then nothing until the next purchase"
    yield from _limits(policy)


def _limits(policy: PolicyChoice) -> Iterator[str]:
    if policy.mode == "block":
        yield "Block after the grace" if policy.grace else "Block what grants do not pay"
        return
    limits = [f"{plain(policy.limit)} tokens"] if policy.limit is not None else []
    if policy.limit_percent is not None:
        limits.append(f"{plain(policy.limit_percent)} % of the last purchase")
    if policy.limit_money is not None:
        money = policy.limit_money
        limits.append(f"{plain(money.amount)} {money.currency} at {plain(money.unit_price)} a token")
    yield (
        f"Overage up to {' or '.join(limits)}, whichever is least"
        if len(limits) > 1
        else (f"Overage up to {limits[0]}" if limits else "Overage without limit")
    )


def spoken(lasts: timedelta) -> str:
    """A duration for people."""
    seconds = int(lasts.total_seconds())
    for length, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
