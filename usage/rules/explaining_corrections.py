"""What an explanation says of a debit that a re-rating charged, or gave back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.amounts import tokens
from usage.rules.answers import instant


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction, with what people said. debit, replacement: before and after it, with their tokens.

    prices: in words. root: what charged the usage first. is_taken_back: it charged again as it was before.
    """

    rerating: int
    reason: str
    asked_by: str
    approved_by: str
    recorded_at: datetime
    prices: str
    debit: UUID
    debit_tokens: Decimal
    replacement: UUID
    replacement_tokens: Decimal
    root: UUID
    courtesy: Decimal = Decimal(0)
    is_taken_back: bool = False

    @property
    def why(self) -> str:
        if self.is_taken_back:
            return f"when re-rating {self.rerating} was taken back by {self.approved_by}: {self.reason}"
        return (
            f"by re-rating {self.rerating}, which {self.asked_by} asked for and {self.approved_by} approved:"
            f" {self.reason}"
        )


def charged_anew(each: Corrected, unit: str) -> dict[str, Any]:
    """That the debit stands in another's place, and why."""
    text = f"It charges anew what debit {each.debit} had charged as {tokens(each.debit_tokens)} {unit}, {each.why}"
    text += f" Priced {each.prices}." if not each.is_taken_back else " Priced as it was before."
    if each.courtesy:
        text += (
            f" {tokens(each.courtesy)} {unit} that had been given back of the usage were given back again."
        )
    return {
        "step": "rerating",
        "text": text,
        "rerating": each.rerating,
        "debit": str(each.debit),
        "root": str(each.root),
        "tokens_before": tokens(each.debit_tokens),
        "asked_by": each.asked_by,
        "approved_by": each.approved_by,
        "taken_back": each.is_taken_back,
    }


def replaced(each: Corrected, unit: str) -> dict[str, Any]:
    """That the debit was given back, and charged anew as another."""
    text = (
        f"On {instant(each.recorded_at)} it was given back and its usage charged anew as debit {each.replacement}"
        f" of {tokens(each.replacement_tokens)} {unit}, {each.why}"
    )
    return {
        "step": "replaced",
        "text": text,
        "rerating": each.rerating,
        "debit": str(each.replacement),
        "tokens_after": tokens(each.replacement_tokens),
        "recorded_at": instant(each.recorded_at),
    }
