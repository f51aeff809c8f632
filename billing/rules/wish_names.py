"""What the things that wishes are of are called at theirs."""

from __future__ import annotations

from billing.rules.connecting import (
    Customer,
    Gone,
    Merged,
    Nothing,
    Refund,
    RefundFailed,
    Sale,
    TrialWish,
    Wish,
)


def name_of(wish: Wish) -> str:
    """What the thing that a wish is of is called at theirs; empty where it is of nothing."""
    match wish:
        case Customer() | Sale() | Refund() | RefundFailed() | Gone():
            return wish.external_id
        case Merged():
            return wish.gone
        case TrialWish():
            return wish.key
        case Nothing():
            return ""
