"""What all active lines of an account add up to, beside its tokens: seats, included units, access, prices, policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.rules.orders import Line
from config.kernel.amounts import plain

Told = dict[str, Any]
Key = tuple[str, str]
SEATS, ALLOWANCE, ACCESS = "seats", "allowance", "access"
RATE_TABLE, POLICY, ENTITLEMENTS = "rate_table", "policy", "entitlements"


@dataclass(frozen=True, slots=True)
class Active:
    """A line that counts now, and the day of the account's calendar on which it began, where it includes units."""

    line: Line
    began_on: date | None


def added_up(lines: Sequence[Active]) -> dict[Key, Told]:
    """What the lines come to, by kind and pattern. Of tables and policies the line that began last decides."""
    found: dict[Key, Told] = {}
    for active in sorted(lines, key=lambda each: (each.line.begins_at, each.line.position)):
        _add_sums(found, active)
        line = active.line
        for pattern in line.offer.access:
            found[ACCESS, pattern] = {"kind": "open"}
        if line.offer.rate_table:
            found[RATE_TABLE, ""] = {"rate_table": line.offer.rate_table}
        if line.offer.policy is not None:
            found[POLICY, ""] = {"policy": line.offer.policy}
        if line.offer.entitlements:
            found[ENTITLEMENTS, ""] = {"mode": line.offer.entitlements}
    return found


def _add_sums(found: dict[Key, Told], active: Active) -> None:
    line = active.line
    for seats in line.offer.seats:
        told = found.setdefault((SEATS, seats.pattern), {"seats": 0})
        told["seats"] += int(seats.seats * line.quantity)
    for part in line.offer.allowances:
        began_on = active.began_on if part.period in ("month", "year") else None
        anchor = began_on.isoformat() if began_on else None
        first = {"units": "0", "period": part.period, "anchor": anchor, "carries": None}
        told = found.setdefault((ALLOWANCE, part.pattern), first)
        if told["period"] != part.period:
            continue
        told["units"] = plain(Decimal(told["units"]) + part.units * line.quantity)
        if part.carries is not None:
            told["carries"] = plain(Decimal(told["carries"] or 0) + part.carries * line.quantity)
