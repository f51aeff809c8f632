"""Refusals of outcome words, and why something was refused, in sentences, from the figures that were judged."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.kernel.amounts import tokens
from config.kernel.errors import DomainError, FieldError, IdempotencyKeyReused, refusal_class
from usage import errors
from usage.rules import ladder_words
from usage.rules.access import EVERYTHING
from usage.rules.answers import instant

FARTHEST_BACK, FARTHEST_AHEAD = timedelta(days=35), timedelta(minutes=5)


def sentences(reason: str, figures: Mapping[str, Any]) -> list[str]:
    """The refusal step by step. figures: as they were kept, amounts as text."""
    if reason == "account_suspended":
        return [f"The account was {figures['state']}, and only an active account may spend."]
    if reason == "insufficient_tokens":
        return _insufficient(figures)
    if reason in ("limit_reached", "throttled"):
        if "hold_limit" in figures:
            return ladder_words.too_much_held(figures)
        return ladder_words.throttled(figures) if "throttle" in figures else _over_budget(figures)
    if reason == "not_entitled":
        return [_not_entitled(figures)]
    return [f"It was refused: {reason.replace('_', ' ')}."]


def _over_budget(figures: Mapping[str, str | None]) -> list[str]:
    whose = f" for {figures['value']}" if figures.get("value") else ""
    said = [
        f"The budget {figures['budget']} allows {_amount(figures, 'limit')} tokens{whose} a {figures['period']}.",
        f"{_amount(figures, 'used')} of them were spent, and {_amount(figures, 'required')} were asked for.",
    ]
    anew = _begins_anew(figures)
    return [*said, anew.lstrip()] if anew else said


def _begins_anew(figures: Mapping[str, Any]) -> str:
    """When the budget begins anew, as a further sentence; nothing of one that never does."""
    if not figures.get("resets_at"):
        return ""
    return f" It begins anew at {instant(datetime.fromisoformat(figures['resets_at']))}."


def _insufficient(figures: Mapping[str, str | None]) -> list[str]:
    said = [
        f"{_amount(figures, 'required')} tokens were asked for.",
        f"The grants in force could pay {_amount(figures, 'available')} of them.",
    ]
    floor = figures.get("floor")
    if "cap" in figures:
        said += ladder_words.beyond_zero(figures, None if floor is None else Decimal(floor))
        said.append(f"{_amount(figures, 'overage')} were owed already.")
    elif floor is not None and Decimal(floor) == 0:
        said.append("The policy blocks what grants do not pay.")
    elif floor is not None:
        limit, owed = tokens(-Decimal(floor)), _amount(figures, "overage")
        said.append(f"The policy allows overage up to {limit}, and {owed} were owed already.")
        if Decimal(figures.get("overage_held") or 0) > 0:
            said.append(f"Room for {_amount(figures, 'overage_held')} more is promised to holds.")
    return [*said, f"{_amount(figures, 'shortfall')} were missing."]


def _amount(figures: Mapping[str, str | None], name: str) -> str:
    return tokens(Decimal(figures.get(name) or 0))


def reused() -> IdempotencyKeyReused:
    """The refusal of a key that stands for another body."""
    return IdempotencyKeyReused(
        "This key stands for another body already; choose a new key for a new request."
    )


def refusal(word: str, answer: dict[str, Any]) -> DomainError:
    """The refusal of an outcome word, with its figures."""
    if word == "idempotency_key_reused":
        return reused()
    if word in ("too_early", "too_late"):
        return out_of_window(word, datetime.fromisoformat(answer["now"]))
    figures = {name: value for name, value in answer.items() if name != "now"}
    return refusal_class(word)(_sentence(word, answer), extras=figures)


def out_of_window(word: str, now: datetime) -> DomainError:
    """The refusal of usage that is dated too far back or ahead."""
    if word == "too_early":
        limit = now - FARTHEST_BACK
        detail = f"Usage may be dated at most 35 days back: not before {instant(limit)}."
        return errors.OccurredTooEarly(detail, errors=[FieldError("/occurred_at", detail)])
    limit = now + FARTHEST_AHEAD
    detail = f"Usage may be dated at most 5 minutes ahead: not after {instant(limit)}."
    return errors.OccurredTooLate(detail, errors=[FieldError("/occurred_at", detail)])


def _sentence(word: str, answer: dict[str, Any]) -> str:
    if word == "insufficient_tokens":
        return (
            f"{answer['required']} tokens are needed; {answer['available']} can be drawn, "
            f"{answer['shortfall']} are missing."
        )
    if word == "account_suspended":
        return f"The account is {answer['state']}."
    if "throttle" in answer:
        return ladder_words.in_short(answer)
    if "hold_limit" in answer:
        return f"A hold may be of {answer['limit']} tokens at most; {answer['required']} are asked for."
    if word == "limit_reached":
        whose = f" for {answer['value']}" if answer.get("value") else ""
        return (
            f"The budget {answer['budget']} has {answer['available']} of {answer['limit']} tokens left{whose}; "
            f"{answer['required']} are needed.{_begins_anew(answer)}"
        )
    if word == "not_entitled":
        return _not_entitled(answer)
    return ""


def _not_entitled(figures: Mapping[str, Any]) -> str:
    said = figures["entitlement"]
    until = f" until {said['effective_until']}" if said["effective_until"] else ""
    whose = "all that was not opened for it" if said["pattern"] == EVERYTHING else said["pattern"]
    return (
        f"The account may not use {figures['feature']}: {whose} is closed"
        f" since {said['effective_from']}{until}."
    )
