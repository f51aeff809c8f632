"""What is asked of an account's budgets, allowances and access: what is absent stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from config.kernel.errors import InvalidRequest
from usage.rules.access import AccessFact, Says, holding
from usage.rules.ruling import AllowanceFact

WITH_AN_ANCHOR = ("month", "year")


@dataclass(frozen=True, slots=True)
class BudgetAsked:
    """UNSET leaves a member as it is, None sets its default: of `tokens` the end of the budget.

    tokens: in one window. token: a unit's code. per: a subject field each of whose values counts apart.
    """

    period: str | UnsetType = UNSET
    tokens: Decimal | None | UnsetType = UNSET
    is_hard: bool | None | UnsetType = UNSET
    feature: str | None | UnsetType = UNSET
    subject: Mapping[str, str] | None | UnsetType = UNSET
    dimensions: Mapping[str, str] | None | UnsetType = UNSET
    per: str | None | UnsetType = UNSET
    token: str | None | UnsetType = UNSET

    def counted(self) -> dict[str, Any]:
        """What it is to count, as far as that is said, but the unit."""
        asked: dict[str, tuple[object, object]] = {
            "period": (self.period, None),
            "feature": (self.feature, "*"),
            "subject": (self.subject, {}),
            "dimensions": (self.dimensions, {}),
            "per": (self.per, ""),
        }
        return {
            name: default if value is None else value
            for name, (value, default) in asked.items()
            if value is not UNSET
        }

    def limit(self, tokens: Decimal | None, is_hard: bool) -> tuple[Decimal | None, bool]:
        """What it is to allow, and whether beyond that is refused, where this held before."""
        asked = True if self.is_hard is None else self.is_hard
        return (
            tokens if isinstance(self.tokens, UnsetType) else self.tokens,
            is_hard if isinstance(asked, UnsetType) else asked,
        )


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What an allowance includes in each window. carries: above 0, or none. effective_until: None is without end."""

    units: Decimal
    period: str
    anchor: date | None
    carries: Decimal | None
    effective_until: datetime | None


@dataclass(frozen=True, slots=True)
class AllowanceAsked:
    """UNSET leaves a member as it is, None sets its default: of `units` the end of what is included.

    effective_from: None is now.
    """

    units: Decimal | None | UnsetType = UNSET
    period: str | UnsetType = UNSET
    anchor: date | None | UnsetType = UNSET
    carries: Decimal | None | UnsetType = UNSET
    effective_from: datetime | None = None
    effective_until: datetime | None | UnsetType = UNSET

    def merged(self, held: Inclusion | None) -> Inclusion | None:
        """What is to be included, where `held` was before; None: nothing.

        Raises InvalidRequest.
        """
        if self.units is None:
            _check_no_end(self.effective_until)
            return None
        units = held.units if isinstance(self.units, UnsetType) and held else self.units
        if isinstance(units, UnsetType):
            raise InvalidRequest.at("/units", "Say how many units each window includes.")
        period = held.period if isinstance(self.period, UnsetType) and held else self.period
        if isinstance(period, UnsetType):
            raise InvalidRequest.at("/period", "Say over which period the units are included.")
        carries = self.carries
        if isinstance(carries, UnsetType):
            carries = held.carries if held else None
        until = self.effective_until
        if isinstance(until, UnsetType):
            until = held.effective_until if held else None
        return Inclusion(units, period, self._anchor(held, period), carries or None, until)

    def _anchor(self, held: Inclusion | None, period: str) -> date | None:
        if not isinstance(self.anchor, UnsetType):
            if self.anchor is not None and period not in WITH_AN_ANCHOR:
                raise InvalidRequest.at("/anchor", "Only months and years begin on a day of their own.")
            return self.anchor
        return held.anchor if held and period in WITH_AN_ANCHOR else None


def included_at(facts: Sequence[AllowanceFact], moment: datetime) -> Inclusion | None:
    """What the facts of one pattern include at an instant. facts: in order of their starts and recording."""
    begun = [fact for fact in facts if fact.effective_from <= moment]
    last = begun[-1] if begun else None
    if last is None or last.units is None:
        return None
    if last.effective_until is not None and last.effective_until <= moment:
        return None
    return Inclusion(last.units, last.period, last.anchor, last.carries or None, last.effective_until)


@dataclass(frozen=True, slots=True)
class AccessAsked:
    """kind: open, closed, or none, which ends what was said. effective_from: None is now.

    effective_until: UNSET leaves the end of what is said alike, None is without end.
    """

    kind: str
    effective_from: datetime | None = None
    effective_until: datetime | None | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class ToSay:
    """The facts that make one pattern say what is asked from an instant on: kinds with their ends, in order.

    bought: what a purchase opened for longer, and the first of these facts would end.
    """

    facts: Sequence[tuple[str, datetime | None]]
    bought: AccessFact | None = None


NOTHING_TO_SAY = ToSay(())


def to_say(facts: Sequence[AccessFact], asked: AccessAsked, begins: datetime, now: datetime) -> ToSay:
    """What is to be said so that a pattern is open, closed or not spoken of from `begins` on; nothing where it is so.

    Purchases open beside what is said: they make no opening needless, and only a closing ends them.

    facts: of this pattern, in order of their starts and recording.

    Raises InvalidRequest.
    """
    if asked.kind == "none":
        _check_no_end(asked.effective_until)
    known = facts if asked.kind == "closed" else [fact for fact in facts if fact.debit_id is None]
    said = _deciding(known, begins)
    kind = said.kind if said else "none"
    until = asked.effective_until
    if isinstance(until, UnsetType):
        until = said.effective_until if said and kind == asked.kind else None
    is_so = kind == asked.kind and (said is None or said.effective_until == until)
    if is_so and not any(begins < fact.effective_from <= now for fact in known):
        return NOTHING_TO_SAY
    bought = [fact for fact in holding(facts, begins) if fact.debit_id is not None]
    if asked.kind == "none":
        return ToSay((("none", None),), bought[0] if bought else None)
    opening = (asked.kind, until)
    if asked.kind == "open" and said is not None and kind == "open" and not _lasts(until, said):
        outlasting = (fact for fact in bought if not _lasts(until, fact))
        return ToSay((_below(known, begins), opening), next(outlasting, None))
    return ToSay((opening,))


def _below(facts: Sequence[AccessFact], moment: datetime) -> tuple[str, datetime | None]:
    """What ends the openings that hold and is so again after those to come: the closing before them, or nothing."""
    ends = [fact for fact in facts if fact.kind != "open" and fact.effective_from <= moment]
    if ends and ends[-1].kind == "closed" and ends[-1].is_in_force(moment):
        return "closed", ends[-1].effective_until
    return "none", None


def _deciding(facts: Sequence[AccessFact], moment: datetime) -> AccessFact | None:
    return Says(facts, moment).of(facts[0].pattern) if facts else None


def _lasts(until: datetime | None, fact: AccessFact) -> bool:
    """Whether something that lasts until then lasts as long as the fact."""
    return until is None or (fact.effective_until is not None and until >= fact.effective_until)


def _check_no_end(until: datetime | None | UnsetType) -> None:
    if isinstance(until, datetime):
        raise InvalidRequest.at("/effective_until", "What ends has no end of its own.")
