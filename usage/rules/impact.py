"""What other prices do to tokens: before and after, and how long a wallet lasts at either."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.kernel.amounts import EXACT

DRY_WITHIN = 7
"""Days within which a wallet that runs dry is worth a line."""

_DAYS = Decimal("0.1")
_MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Sums:
    """What usage came to, as charged and at other prices; `RehearsalLine` says what each means.

    before: without the lines that would have no price, so that it compares with `after`.
    """

    lines: int
    quantity: Decimal
    before: Decimal
    after: Decimal
    unpriced_lines: int
    unpriced_tokens: Decimal
    cost_before: Decimal
    costed_before: Decimal
    cost_after: Decimal
    costed_after: Decimal

    @property
    def priced_lines(self) -> int:
        return self.lines - self.unpriced_lines

    @property
    def change(self) -> Decimal:
        return self.after - self.before

    @property
    def share(self) -> Decimal | None:
        """The change as a share of what it was; None where it was nothing."""
        return change_share(self.before, self.after)


def change_share(before: Decimal, after: Decimal) -> Decimal | None:
    """By what share of itself an amount changes; None where it was nothing."""
    return EXACT.divide(after - before, before) if before else None


def runway(available: Decimal, tokens: Decimal, days: Decimal) -> Decimal | None:
    """Days that `available` lasts where `tokens` burn in so many `days`, to a tenth; None where nothing burns."""
    if tokens <= 0 or days <= 0:
        return None
    return EXACT.divide(EXACT.multiply(available, days), tokens).quantize(_DAYS, context=EXACT)


def scaled(tokens: Decimal, days: Decimal, of_days: Decimal) -> Decimal:
    """What `tokens` of so many days come to in others."""
    return EXACT.divide(EXACT.multiply(tokens, days), of_days).quantize(_MICRO, context=EXACT)
