"""What callers send of top-ups, and ask of them."""

from typing import Annotated, Literal

from msgspec import Meta

from config.http.scalars import Money, Prose, Reference, TokenLimit, Whole
from config.http.shapes import Shape


class TopUpQuery(Shape):
    token: Annotated[
        Reference | None, Meta(description="The token unit; the default one where it is absent.")
    ] = None


class TopUpRequest(Shape):
    """A rule as a whole; what is absent is the default."""

    threshold: Annotated[
        TokenLimit, Meta(description="At so many available tokens, or fewer, packs are bought.")
    ]
    fill_to: Annotated[
        TokenLimit, Meta(description="So many packs as close the gap to this; above the threshold.")
    ]
    sku: Annotated[Reference, Meta(description="The pack, which gives tokens of the unit.")]
    most: Annotated[Whole, Meta(description="At most so many purchases a window, 1 to 1,000.")]
    window: Annotated[
        Literal["day", "week", "month"], Meta(description="From midnight of the account's time zone.")
    ]
    token: Annotated[Reference | None, Meta(description="The token unit; the default one by default.")] = None
    most_packs: Annotated[
        Whole | None, Meta(description="At most so many packs at once; what closes the gap by default.")
    ] = None
    most_amount: Annotated[
        Money | None,
        Meta(description="At most so much money a window, in the pack's currency; null is no limit."),
    ] = None
    needs_payment: Annotated[
        bool | None,
        Meta(description="Whether a purchase waits until it is said to be paid; false by default."),
    ] = None
    breaks_after: Annotated[
        Whole | None, Meta(description="So many refusals in a row switch it off, 1 to 100; 3 by default.")
    ] = None
    on: Annotated[
        bool | None,
        Meta(
            description="Whether it buys; true by default. A broken rule stays off until a person switches it on."
        ),
    ] = None
    reason: Annotated[Prose | None, Meta(description="Why, for people; kept where anything changes.")] = None


class TopUpSettled(Shape):
    reason: Annotated[Prose, Meta(description="The payment's number, or why it was refused; kept.")]
