"""Top-ups as callers are answered. `billing.queries.top_ups_told` makes them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from usage.api.answered import AmountText, Answered, Id, TokenText


class TopUp(Answered):
    """One purchase, or one that was refused. number: its place in its window. available: when it was made.

    quantity: packs; 0 where the pack could not be bought at all. order: the external id of its order.
    """

    id: Id
    state: Literal["pending", "bought", "refused", "cancelled"]
    number: int
    reached_at: datetime
    available: TokenText
    sku: str
    quantity: int
    tokens: TokenText
    amount: AmountText
    currency: str | None
    order: str | None
    reason: str | None
    settled_at: datetime | None


class TopUpRule(Answered):
    """A rule, what its present window has, and what it bought last. bought, spent: with what waits for payment."""

    account: str
    token: str
    threshold: TokenText
    fill_to: TokenText
    sku: str
    most: int
    window: Literal["day", "week", "month"]
    most_packs: int | None
    most_amount: AmountText | None
    needs_payment: bool
    breaks_after: int
    state: Annotated[
        Literal["on", "off", "broken"],
        Meta(description="`broken`: refusals in a row switched it off, and `reason` tells the last."),
    ]
    reason: str | None
    set_at: datetime
    bought: int
    spent: AmountText
    window_ends_at: datetime
    top_ups: Annotated[list[TopUp], Meta(description="The last 50, the newest first.")]
