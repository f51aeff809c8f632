"""What was crossed, as a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from billing.rules.news_types import TYPES
from config.kernel.amounts import plain
from usage.rules.explaining_limits import SPAN


@dataclass(frozen=True, slots=True)
class Reached:
    """A budget that was used up. limit: as it was then, in `token`. value: of `per`, where that counts apart."""

    budget: str
    token: str
    period: str
    limit: Decimal
    per: str
    value: str


def sentence(kind: str, name: str, reached: Reached | None) -> str:
    """One line. reached: of a budget."""
    if reached is not None:
        whose = f" for {reached.per} {reached.value or 'unknown'}" if reached.per else ""
        limit = f"{_amount(reached.limit)} {reached.token} {SPAN[reached.period]}"
        return f"The budget {reached.budget}{whose} was used up: {limit}."
    if kind == "limit.reached" and name == "overage":
        return "All the overage that the policy allows was used up."
    if kind == "balance.threshold":
        return f"{name.removeprefix('threshold:')} % of the tokens were spent."
    said = TYPES[kind].says if kind in TYPES else kind
    return f"{said[:1].upper()}{said[1:]}."


def _amount(tokens: Decimal) -> str:
    whole, _, part = plain(tokens).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''}"
