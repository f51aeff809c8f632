"""What callers send: bodies and queries."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from config.http.scalars import (
    Currency,
    IdempotencyKey,
    Label,
    Lifetime,
    Metadata,
    Moment,
    Money,
    PageSize,
    Priority,
    Prose,
    Quantity,
    Reference,
    TimeZone,
    Tokens,
    Whole,
)
from config.http.shapes import Paired, Shape
from usage.api.requests_of_policies import Block, Overage

MOST_ITEMS = 100
MOST_DEBITS = 1000
MOST_MEMBERS = 50

References = Annotated[dict[Reference, Reference], Meta(max_length=MOST_MEMBERS)]
Patterns = Annotated[list[Reference], Meta(max_length=MOST_MEMBERS)]
OwnCost = Annotated[
    Money | None, Meta(description="What it cost you, for the whole quantity. Changes no price.")
]
CostCurrency = Annotated[
    Currency | None, Meta(description="Of the cost, which it needs beside it; by default the reporting one.")
]
COST_TOGETHER = {"currency": "cost"}
"""The members of whatever carries its own cost: a currency says nothing without one."""


class Item(Paired):
    """One thing that was used."""

    feature: Annotated[Reference, Meta(description="The feature's code.")]
    quantity: Annotated[Quantity, Meta(description="How many units of it.")]
    dimensions: Annotated[
        References | None, Meta(description="What tells usages apart, such as the model.")
    ] = None
    cost: OwnCost = None
    currency: CostCurrency = None

    needs = COST_TOGETHER


Items = Annotated[list[Item], Meta(min_length=1, max_length=MOST_ITEMS)]


class DebitRequest(Shape):
    """Usage to be charged: all items in one token unit, settled together or not at all."""

    account: Annotated[Reference, Meta(description="Your own reference of the account.")]
    items: Annotated[Items, Meta(description="What was used, 1 to 100 things, drawn in this order.")]
    occurred_at: Annotated[Moment | None, Meta(description="When; now where it is absent.")] = None
    subject: Annotated[References | None, Meta(description="Who, by reference: user, team and the like.")] = (
        None
    )
    metadata: Annotated[Metadata | None, Meta(description="Your own references, kept as sent.")] = None


class DebitRow(DebitRequest, kw_only=True):
    """One debit of a batch, with its own idempotency key."""

    idempotency_key: Annotated[IdempotencyKey, Meta(description="As the header of a single debit.")]


class DebitBatch(Shape):
    """Debits, each of which stands for itself."""

    debits: Annotated[
        Annotated[list[DebitRow], Meta(min_length=1, max_length=MOST_DEBITS)],
        Meta(description="1 to 1,000 debits."),
    ]


class UnreadBatch(Shape):
    """A batch whose rows are still to be read, one by one."""

    debits: Annotated[list[Any], Meta(min_length=1, max_length=MOST_DEBITS)]


class QuoteRequest(DebitRequest):
    """A debit that is only to be priced and judged."""

    rate_table_version: Annotated[
        Whole | None, Meta(description="Price against this version of the account's table, drafts included.")
    ] = None


class HoldRequest(DebitRequest):
    """An estimate of usage to come, whose tokens are to be held."""

    expires_in: Annotated[
        Lifetime | None, Meta(description="Seconds until it gives everything back by itself; 900 by default.")
    ] = None


class CaptureRequest(Shape):
    """What the work came to. Without `items` it is as estimated; an empty list charges nothing and releases."""

    items: Annotated[
        Annotated[list[Item], Meta(max_length=MOST_ITEMS)] | None,
        Meta(description="What was used; of the hold's product, at the prices that it keeps."),
    ] = None
    final: Annotated[
        bool | None, Meta(description="false charges a step and keeps the rest held; true by default.")
    ] = None


class ReleaseRequest(Shape):
    """Why a hold is given back."""

    reason: Annotated[Prose | None, Meta(description="Why, for people.")] = None


class ExtendRequest(Shape):
    """How long a hold is to last from now on; it never gets shorter."""

    expires_in: Annotated[Lifetime, Meta(description="Seconds from now.")]


class ReversalRequest(Shape):
    """How much of a debit to give back; without `tokens` all that is left."""

    tokens: Annotated[Tokens | None, Meta(description="So many; all that is left where it is absent.")] = None
    reason: Annotated[Prose | None, Meta(description="Why, for people.")] = None


class AccountRequest(Shape):
    """An account to be made or merged: absent is unchanged, null is the default."""

    name: Annotated[Label | None | UnsetType, Meta(description="The customer's name.")] = UNSET
    rate_table: Annotated[
        Reference | None | UnsetType, Meta(description="The code of the rate table it pays by.")
    ] = UNSET
    segment: Annotated[
        Reference | None | UnsetType,
        Meta(description="The code of the segment whose rate table it pays by, instead of one of its own."),
    ] = UNSET
    rate_table_from: Annotated[
        Moment | None | UnsetType,
        Meta(description="From when the rate table or the segment holds: now, the default, or later."),
    ] = UNSET
    external_ids: Annotated[
        References | None | UnsetType, Meta(description="What other systems call the account.")
    ] = UNSET
    time_zone: Annotated[TimeZone | None | UnsetType, Meta(description="By IANA; UTC by default.")] = UNSET
    state: Annotated[
        Literal["active", "suspended", "closed"] | None | UnsetType, Meta(description="active by default.")
    ] = UNSET
    parent: Annotated[Reference | None | UnsetType, Meta(description="The account it is a part of.")] = UNSET
    policy: Annotated[
        Block | Overage | None | UnsetType,
        Meta(
            description="Of its own, replaced whole; null lets the policies rule that accounts share, and without any "
            "a block."
        ),
    ] = UNSET
    entitlements: Annotated[
        Literal["portfolio", "bought"] | None | UnsetType,
        Meta(description="All there is, the default, or only what was opened for it."),
    ] = UNSET


class TransferRequest(Shape):
    """Tokens to be moved between a parent and its sub-account."""

    to: Annotated[Reference, Meta(description="The account that receives them.")]
    tokens: Annotated[Tokens, Meta(description="How many.")]
    reason: Annotated[Prose | None, Meta(description="Why, for people.")] = None


class GrantRequest(Shape):
    """Tokens to be handed out."""

    kind: Annotated[
        Literal["purchase", "trial", "promo", "included", "adjustment"],
        Meta(description="purchase and adjustment first repay overage."),
    ]
    tokens: Annotated[Tokens, Meta(description="How many.")]
    token: Annotated[
        Reference | None, Meta(description="The token unit; the default one where it is absent.")
    ] = None
    effective_at: Annotated[
        Moment | None, Meta(description="From when they can be spent; now by default.")
    ] = None
    expires_at: Annotated[Moment | None, Meta(description="Until when; never by default.")] = None
    priority: Annotated[Priority | None, Meta(description="Lower is drawn first; 50 by default.")] = None
    features: Annotated[
        Patterns | None, Meta(description='Only for these features, such as "chat.*"; all by default.')
    ] = None
    unit_cost: Annotated[Money | None, Meta(description="What the customer paid for one token.")] = None
    currency: Annotated[Currency | None, Meta(description="Of the unit cost.")] = None
    reason: Annotated[Prose | None, Meta(description="Why, for people.")] = None
    external_id: Annotated[
        Reference | None, Meta(description="Your reference, unique within the account.")
    ] = None


class VoidRequest(Shape):
    """Why what is left of a grant is taken back."""

    reason: Annotated[Prose | None, Meta(description="Why, for people.")] = None


class PageQuery(Shape):
    limit: Annotated[PageSize | None, Meta(description="Entries a page, 1 to 500; 50 by default.")] = None
    cursor: Annotated[str | None, Meta(description="Where to go on: from `next` of the page before.")] = None


class LedgerQuery(PageQuery):
    token: Annotated[
        Reference | None, Meta(description="The token unit; the default one where it is absent.")
    ] = None


class BalanceQuery(Shape):
    as_of: Annotated[Moment | None, Meta(description="A past instant; now where it is absent.")] = None
    token: Annotated[
        Reference | None, Meta(description="The token unit; the default one where it is absent.")
    ] = None


class RatesQuery(PageQuery):
    account: Annotated[Reference | None, Meta(description="Whose prices; the default table's if absent.")] = (
        None
    )
    at: Annotated[Moment | None, Meta(description="When; now where it is absent.")] = None
