"""What callers send as budgets, allowances and access, and ask of them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from config.http.scalars import Day, Moment, Prose, Quantity, QuantityLimit, Reference, TokenLimit
from config.http.shapes import Shape
from usage.api.requests import References

Reason = Annotated[Prose | None, Meta(description="Why, for people; kept where anything changes.")]
From = Annotated[Moment | None, Meta(description="From when it holds: now, the default, or later.")]


class BudgetRequest(Shape):
    """A budget to be opened, changed or ended: absent is unchanged, null is the default."""

    tokens: Annotated[
        TokenLimit | None | UnsetType,
        Meta(description="How many a window allows; null ends the budget. A new one needs it."),
    ] = UNSET
    hard: Annotated[
        bool | None | UnsetType,
        Meta(description="Whether more is refused, the default, or let through and told of."),
    ] = UNSET
    period: Annotated[
        Literal["day", "week", "month", "total"] | UnsetType,
        Meta(description="How long a window is. A new budget needs it; it never changes."),
    ] = UNSET
    feature: Annotated[
        Reference | None | UnsetType,
        Meta(
            description='What it counts: a code, or a pattern such as "chat.*"; all by default. Never changes.'
        ),
    ] = UNSET
    subject: Annotated[
        References | None | UnsetType,
        Meta(description="Only usage whose subject has these values. Never changes."),
    ] = UNSET
    dimensions: Annotated[
        References | None | UnsetType,
        Meta(description="Only usage that carries these values. Never changes."),
    ] = UNSET
    per: Annotated[
        Reference | None | UnsetType,
        Meta(
            description='A field of the subject, such as "user": each value has the tokens for itself. Never changes.'
        ),
    ] = UNSET
    token: Annotated[
        Reference | None | UnsetType,
        Meta(description="The token unit that it counts; the default one where it is absent. Never changes."),
    ] = UNSET
    reason: Reason = None


class BudgetQuery(Shape):
    value: Annotated[
        Reference | None,
        Meta(description="Of a budget that counts values apart: the only one to be told of."),
    ] = None


class AllowanceRequest(Shape):
    """Units to be included in each window: absent is unchanged, null is the default."""

    units: Annotated[
        Quantity | None | UnsetType,
        Meta(description="How many; null ends what is included. A new one needs it."),
    ] = UNSET
    period: Annotated[
        Literal["day", "week", "month", "year", "total"] | UnsetType,
        Meta(description="How long a window is. A new one needs it."),
    ] = UNSET
    anchor: Annotated[
        Day | None | UnsetType,
        Meta(description="The day on which months or years begin; the first by default."),
    ] = UNSET
    carries: Annotated[
        QuantityLimit | None | UnsetType,
        Meta(description="How many unused units go into the next window at most; none by default."),
    ] = UNSET
    effective_from: From = None
    effective_until: Annotated[
        Moment | None | UnsetType, Meta(description="Until when it holds; without end by default.")
    ] = UNSET
    reason: Reason = None


class AccessRequest(Shape):
    """What is to be said of a feature or pattern. `default` says nothing of it any more."""

    state: Annotated[
        Literal["open", "closed", "default"],
        Meta(description="default: a wider pattern decides, and where none does it is open."),
    ]
    effective_from: From = None
    effective_until: Annotated[
        Moment | None | UnsetType,
        Meta(
            description="Until when it is so; without end by default, and unchanged where it is so already."
        ),
    ] = UNSET
    reason: Reason = None
