"""Why something was refused, in sentences, from the figures that were judged."""

from collections.abc import Mapping
from decimal import Decimal

from config.kernel.amounts import tokens


def sentences(reason: str, figures: Mapping[str, str | None]) -> list[str]:
    """The refusal step by step. figures: as they were kept, amounts as text."""
    if reason == "account_suspended":
        return [f"The account was {figures['state']}, and only an active account may spend."]
    if reason == "insufficient_tokens":
        return _insufficient(figures)
    return [f"It was refused: {reason.replace('_', ' ')}."]


def _insufficient(figures: Mapping[str, str | None]) -> list[str]:
    said = [
        f"{_amount(figures, 'required')} tokens were asked for.",
        f"The grants in force could pay {_amount(figures, 'available')} of them.",
    ]
    floor = figures.get("floor")
    if floor is not None and Decimal(floor) == 0:
        said.append("The policy blocks what grants do not pay.")
    elif floor is not None:
        limit, owed = tokens(-Decimal(floor)), _amount(figures, "overage")
        said.append(f"The policy allows overage up to {limit}, and {owed} were owed already.")
    return [*said, f"{_amount(figures, 'shortfall')} were missing."]


def _amount(figures: Mapping[str, str | None], name: str) -> str:
    return tokens(Decimal(figures.get(name) or 0))
