"""The order in which usage burns grants, and why each stands where it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from config.kernel.amounts import plain


@dataclass(frozen=True, slots=True)
class Rank:
    """What decides a grant's place. draw_cost: paid for one token, in the reporting currency."""

    id: UUID
    priority: int
    features: Sequence[str]
    expires_at: datetime | None
    draw_cost: Decimal
    effective_at: datetime
    created_at: datetime


_NEVER = datetime.max.replace(tzinfo=UTC)


def place(rank: Rank) -> tuple[object, ...]:
    """Grants sort by this, the one drawn first before the others."""
    return (
        rank.priority,
        not rank.features,
        rank.expires_at or _NEVER,
        rank.draw_cost,
        rank.effective_at,
        rank.created_at,
        rank.id,
    )


def why(before: Rank | None, rank: Rank) -> str:
    """Why `rank` is drawn after `before`, the grant at the place ahead; None: it is the first."""
    if before is None:
        return "Nothing comes before it."
    if before.priority != rank.priority:
        return f"Priority {rank.priority} comes after {before.priority}."
    if bool(before.features) != bool(rank.features):
        return "It pays for every feature; grants for some features come first."
    if before.expires_at != rank.expires_at:
        ends = f"It expires {_day(rank.expires_at)}" if rank.expires_at else "It never expires"
        return f"{ends}; the one before expires {_day(before.expires_at)}."
    if before.draw_cost != rank.draw_cost:
        costs = (plain(rank.draw_cost), plain(before.draw_cost))
        return f"A token of it cost {costs[0]}; one of the grant before cost {costs[1]}."
    if before.effective_at != rank.effective_at:
        return "It started later than the one before."
    if before.created_at != rank.created_at:
        return "It was made later than the one before."
    return "It is like the one before in everything; the identity decides."


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
