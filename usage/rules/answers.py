"""Answers as programs read them: amounts and instants as text, members in one order wherever they were kept."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_ORDER = (
    "id",
    "account",
    "to",
    "token",
    "grant",
    "to_grant",
    "kind",
    "state",
    "tokens",
    "moved",
    "remaining",
    "balance",
    "available",
    "held",
    "overage",
    "spent",
    "expired",
    "voided",
    "effective_at",
    "expires_at",
    "priority",
    "features",
    "unit_cost",
    "currency",
    "reason",
    "external_id",
    "created_at",
    "recorded_at",
)
_PLACES = {name: place for place, name in enumerate(_ORDER)}


def in_order(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with its members in their order; the database keeps them in an order of its own."""
    names = sorted(answer, key=lambda name: (_PLACES.get(name, len(_PLACES)), name))
    return {name: _ordered(answer[name]) for name in names}


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return in_order(value)
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def instant(moment: datetime) -> str:
    """An instant by RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_or_none(moment: datetime | None) -> str | None:
    """The same of an instant that may be missing."""
    return None if moment is None else instant(moment)
