"""Acts at the desk: when they need a second person, and how they are written down until one decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.amounts import plain
from usage.rules.grants import GrantOrder

_DECIMALS = ("tokens", "unit_cost")
_INSTANTS = ("effective_at", "expires_at")


@dataclass(frozen=True, slots=True)
class ActLimit:
    """Tokens that a person may move alone within 24 hours; None: none at all."""

    tokens: Decimal | None

    @property
    def title(self) -> str:
        if self.tokens is None:
            return "always a second person"
        return f"a second person beyond {plain(self.tokens)} tokens a day"


def needs_second(limits: Iterable[ActLimit], moved: Decimal, asked: Decimal) -> str:
    """Why an act needs a second person, empty where it does not. Of several limits the strictest counts.

    moved: what the person has moved alone by such acts in the last 24 hours.
    """
    known = [each.tokens for each in limits]
    if None in known:
        return "Such an act needs a second person, always."
    strictest = min((each for each in known if each is not None), default=None)
    if strictest is None or moved + asked <= strictest:
        return ""
    so_far = f", and {plain(moved)} were moved in the last 24 hours" if moved else ""
    return f"{plain(asked)} tokens are asked for{so_far}; one person alone may move {plain(strictest)} a day."


def kind_of(order: GrantOrder) -> str:
    """What sort of act a grant is."""
    return "adjustment" if order.kind == "adjustment" else "grant"


def written(order: GrantOrder) -> dict[str, Any]:
    """The order as JSON knows it, exactly."""
    facts = asdict(order)
    for name in _DECIMALS:
        facts[name] = None if facts[name] is None else plain(facts[name])
    for name in _INSTANTS:
        facts[name] = None if facts[name] is None else facts[name].isoformat()
    return {**facts, "features": list(order.features)}


def read(facts: dict[str, Any]) -> GrantOrder:
    """The order that `written` was given."""
    read = dict(facts, features=tuple(facts["features"]))
    for name in _DECIMALS:
        read[name] = None if read[name] is None else Decimal(read[name])
    for name in _INSTANTS:
        read[name] = None if read[name] is None else datetime.fromisoformat(read[name])
    return GrantOrder(**read)


def written_reversal(debit_id: UUID, product_id: int, tokens: Decimal | None) -> dict[str, Any]:
    """A reversal as JSON knows it. tokens: None is all that is left."""
    return {
        "debit": str(debit_id),
        "product": product_id,
        "tokens": None if tokens is None else plain(tokens),
    }


def read_reversal(facts: dict[str, Any]) -> tuple[UUID, int, Decimal | None]:
    """The debit, its product and the tokens that `written_reversal` was given."""
    tokens = facts["tokens"]
    return UUID(facts["debit"]), facts["product"], None if tokens is None else Decimal(tokens)
