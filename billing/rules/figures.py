"""What is told of an account to outside systems, and how it is spelled there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

from billing.rules.forecasting import RunOut
from billing.rules.mapping import OUT, Mapped, Target
from config.kernel.amounts import plain

OF = "customer"
"""The record whose outward targets may name these figures."""
FIGURES: Mapping[str, str] = {
    "reference": "Our reference of the account",
    "state": "active, suspended or closed",
    "unit": "Token unit that the figures are in",
    "available": "Tokens available",
    "held": "Tokens held",
    "overage": "Tokens spent beyond what was granted",
    "burn_a_day": "Tokens that a day is expected to burn, the mean of a week",
    "runs_out_on": "Day on which what is available is gone, by the forecast of its page",
    "next_expiry_on": "Day on which tokens expire next",
    "next_expiry_tokens": "How many expire then",
    "trial": "State of the newest trial",
    "trial_ends_on": "Day on which it ends",
    "plan": "Names of the plans that it has",
    "last_used_at": "When it was last used",
}


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The figures of an account in its token unit. trial: of the newest; unused, open, spent, expired, revoked, taken
    back or converted. Days are those of UTC. learnt_days: whole days before today that burn is expected from."""

    reference: str
    state: str
    unit: str
    available: Decimal
    held: Decimal
    overage: Decimal
    burn_a_day: Decimal | None
    learnt_days: int
    runs_out: RunOut
    next_expiry_on: date | None
    next_expiry_tokens: Decimal | None
    trial: str
    trial_ends_on: date | None
    plan: str
    last_used_at: datetime | None

    @property
    def runs_out_on(self) -> date | None:
        return self.runs_out.at.astimezone(UTC).date() if self.runs_out.at else None


def told(figures: AccountFigures, targets: Sequence[Target], mapped: Mapped) -> dict[str, str | None]:
    """What is written to which field of theirs: text, numbers without exponent, days and instants by RFC 3339.

    A figure that is none is None, so that theirs is emptied. mapped: of the outward targets.
    """
    fields: dict[str, str | None] = {}
    for target in targets:
        rule = mapped.rules.get((target.record, target.name))
        known = target.direction == OUT and target.record == OF and target.name in FIGURES
        if known and rule is not None and rule.expression:
            text = _text(getattr(figures, target.name))
            fields[rule.expression] = rule.values.get(text, text) if text is not None else None
    return fields


def fingerprint(fields: Mapping[str, str | None]) -> str:
    """The same for the same fields; short."""
    return sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)
