"""The steps of a debit in words and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.amounts import tokens
from usage.rules.answers import instant, instant_or_none
from usage.rules.enrolment import PolicyChoice

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A grant that could pay. place: in the draw order. left: tokens it had before the debit."""

    place: int
    kind: str
    priority: int
    features: Sequence[str]
    expires_at: datetime | None
    left: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class BookedDraw:
    """What the ledger says a grant paid. is_late: of tokens whose expiry had been booked. is_held: of a hold's."""

    grant: UUID
    tokens: Decimal
    is_late: bool
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """Overage of a usage event that a policy would have refused. kept: room that holds kept, which it may not take."""

    tokens: Decimal
    kept: Decimal

    def agrees(self, overage: Decimal, overage_after: Decimal, limit: Decimal | None) -> bool:
        """Whether that is what lies past the limit; None is without limit."""
        past = None if limit is None else overage_after + self.kept - limit
        return past is not None and self.tokens == min(overage, past)


def price_list(table: str, version: int, usage_at: datetime, since: datetime | None) -> Step:
    """Which version priced the usage."""
    return {
        "step": "price_list",
        "text": f"Usage of {instant(usage_at)} is priced by rate table {table}, version {version}.",
        "table": table,
        "version": version,
        "occurred_at": instant(usage_at),
        "effective_from": instant_or_none(since),
    }


def hold(hold: UUID, made_at: datetime, kept: Decimal, unit: str) -> Step:
    """Which hold a capture was charged to. kept: tokens of grants that it kept for it."""
    return {
        "step": "hold",
        "text": f"It was charged to a hold made {instant(made_at)}, which kept {tokens(kept)} {unit} for it, its prices"
        " and its policy.",
        "hold": str(hold),
        "held": tokens(kept),
        "made_at": instant(made_at),
    }


def draws(sources: Mapping[UUID, Source], booked: Sequence[BookedDraw], *, is_same: bool) -> list[Step]:
    """What each grant paid, and why it was its turn. is_same: the ledger before the debit leads to the same draws."""
    return [_draw(sources.get(each.grant), each, is_same) for each in booked]


def _draw(source: Source | None, each: BookedDraw, is_same: bool) -> Step:
    step: Step = {
        "step": "draw",
        "text": f"A grant pays {tokens(each.tokens)}.",
        "grant": str(each.grant),
        "tokens": tokens(each.tokens),
        "late": each.is_late,
        "agrees": is_same,
    }
    if each.is_held:
        reason = "It was held for this."
        text = f"A grant pays {tokens(each.tokens)} that were held for it."
        return step | {"held": True, "text": text, "reason": reason}
    if source is None:
        return step
    late = " It has expired since; the usage is older." if each.is_late else ""
    return step | {
        "text": f"The {source.kind} grant at place {source.place} pays {tokens(each.tokens)}. {source.reason}{late}",
        "place": source.place,
        "kind": source.kind,
        "priority": source.priority,
        "features": list(source.features),
        "expires_at": instant_or_none(source.expires_at),
        "left_before": tokens(source.left),
        "reason": source.reason,
    }


def event(event_id: UUID, source: str | None, sent_id: str | None) -> Step:
    """Which usage event it books. source, sent_id: None where its month was detached."""
    named = f"{sent_id} of {source}" if sent_id else f"{event_id}, of a month that was detached"
    return {
        "step": "event",
        "text": f"It books the usage event {named}.",
        "event": str(event_id),
        "source": source,
        "id": sent_id,
    }


def policy(
    choice: PolicyChoice, overage: Decimal, overage_after: Decimal, unit: str, beyond: Beyond | None
) -> Step:
    """What the policy said to what no grant paid. beyond: what it would have refused, of a usage event."""
    limit = choice.overage_limit
    if beyond is not None:
        return _beyond(choice, overage, overage_after, unit, beyond)
    if not overage:
        text = "Grants paid for all of it; the policy was not needed."
    elif limit is None:
        text = f"{tokens(overage)} {unit} became overage, which the policy allows without limit."
    else:
        text = f"{tokens(overage)} {unit} became overage; {tokens(overage_after)} of {tokens(limit)} were owed then."
    return {
        "step": "policy",
        "text": text,
        "mode": choice.mode,
        "limit": None if limit is None else tokens(limit),
        "overage": tokens(overage),
        "overage_after": tokens(overage_after),
        "agrees": limit is None or overage == 0 or overage_after <= limit,
    }


def _beyond(
    choice: PolicyChoice, overage: Decimal, overage_after: Decimal, unit: str, beyond: Beyond
) -> Step:
    limit = choice.overage_limit
    return {
        "step": "policy",
        "text": refused_by_policy(overage, unit, beyond.tokens),
        "mode": choice.mode,
        "limit": None if limit is None else tokens(limit),
        "overage": tokens(overage),
        "overage_after": tokens(overage_after),
        "beyond_policy": tokens(beyond.tokens),
        "agrees": beyond.agrees(overage, overage_after, limit),
    }


def refused_by_policy(overage: Decimal, unit: str, beyond: Decimal) -> str:
    """What is said of overage that a policy would not have allowed, in part or as a whole."""
    return (
        f"{tokens(overage)} {unit} became overage, of which the policy would have refused {tokens(beyond)}: "
        "usage that was reported when it was over is always booked."
    )


def result(outcome: str, amount: Decimal, available: Decimal, unit: str) -> Step:
    """What it came to."""
    return {
        "step": "result",
        "text": f"{tokens(amount)} {unit} were charged; {tokens(available)} were left to spend.",
        "outcome": outcome,
        "tokens": tokens(amount),
        "available_after": tokens(available),
    }
