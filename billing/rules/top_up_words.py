"""A rule that buys packs, in one plain sentence."""

from __future__ import annotations

from billing.rules.top_ups import Limits
from config.kernel.amounts import readable
from config.kernel.money import in_currency

WINDOWS = {"day": "a day", "week": "a week", "month": "a month"}


def sentence(limits: Limits, *, sku: str, unit: str, window: str, currency: str, needs_payment: bool) -> str:
    """What the rule does: "At 1,000 AIT or less it buys packs of PACK-5K up to 5,000, at most 3 times a month." """
    span = WINDOWS[window]
    said = [
        f"At {readable(limits.threshold)} {unit} or less it buys packs of {sku} up to {readable(limits.fill_to)}, "
        f"at most {_times(limits.most)} {span}"
    ]
    if limits.most_packs is not None:
        said.append(f"{limits.most_packs:,} {'pack' if limits.most_packs == 1 else 'packs'} at once")
    if limits.most_amount is not None:
        said.append(f"{in_currency(limits.most_amount, currency)} {span}")
    told = said[0] + (f", and at most {' and '.join(said[1:])}" if said[1:] else "")
    return f"{told}. It waits until somebody confirms the payment." if needs_payment else f"{told}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
