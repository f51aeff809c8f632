"""What callers are answered. These structs describe the answers; `shown` makes them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from usage.api.answered import AmountText, Answered, Id, Kind, TokenText
from usage.api.answers_of_policies import Policy


class TierShare(Answered):
    """The units of a line that one tier priced."""

    tier_from: AmountText
    quantity: AmountText
    unit_tokens: AmountText


class OwnPrice(Answered, omit_defaults=True):
    """The account's own price that a line was charged by: fixed, a multiple of the rate, or free."""

    id: Id
    kind: Literal["fixed", "multiplier", "free"]
    tokens: AmountText | UnsetType = UNSET
    per: AmountText | UnsetType = UNSET
    factor: AmountText | UnsetType = UNSET


class Rate(Answered, omit_defaults=True):
    """What priced a line: one price a unit, or the tiers that its units fell into, or a formula."""

    table: str
    version: int
    unit_tokens: AmountText | None
    tiers: list[TierShare] | UnsetType = UNSET
    formula: str | UnsetType = UNSET
    override: OwnPrice | UnsetType = UNSET


class ChargedItem(Answered, omit_defaults=True):
    """One item with what it was charged; `cost` and `currency` where the item said what it cost."""

    feature: str
    quantity: AmountText
    covered_quantity: AmountText
    tokens: TokenText
    rate: Rate
    cost: AmountText | UnsetType = UNSET
    currency: str | UnsetType = UNSET


class Draw(Answered):
    grant: Id
    kind: Kind
    tokens: TokenText


class BalanceAfter(Answered):
    available: TokenText
    held: TokenText
    overage: TokenText


class Debit(Answered, omit_defaults=True):
    """A charge. The draws and the overage make its tokens. hold: of a capture, the hold it was charged to."""

    id: Id
    account: str
    token: str
    outcome: Literal["charged", "covered", "overage"]
    tokens: TokenText
    items: list[ChargedItem]
    draws: list[Draw]
    overage: TokenText
    balance: BalanceAfter
    notices: list[str]
    occurred_at: datetime
    recorded_at: datetime
    beyond_policy: Annotated[
        Literal[True] | UnsetType,
        Meta(description="Only of a usage event, booked although policy would have refused some."),
    ] = UNSET
    hold: Id | UnsetType = UNSET


class FieldFault(Answered):
    pointer: str
    detail: str


class Problem(Struct, kw_only=True):
    """A refusal by RFC 9457. Further members depend on its type."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = []


class BatchResult(Struct, kw_only=True):
    """The debit of one row under `body`, or the members of a problem."""

    status: int
    body: Debit | None = None
    replayed: bool = False
    type: str = ""
    title: str = ""
    detail: str = ""


class BatchResults(Answered):
    """One result a row, in the order sent."""

    results: list[BatchResult]


class Quote(Answered):
    """What a debit would answer now. `refusal` is the slug of the problem where it would not be allowed."""

    allowed: bool
    refusal: str | None
    account: str
    token: str
    outcome: Literal["charged", "covered", "overage"] | None
    tokens: TokenText
    items: list[ChargedItem]
    draws: list[Draw]
    overage: TokenText
    balance: BalanceAfter
    occurred_at: datetime


class Reversal(Answered):
    """Tokens given back: restored to grants, lapsed with them, or taken off overage."""

    id: Id
    debit: Id
    tokens: TokenText
    restored: TokenText
    lapsed: TokenText
    overage: TokenText
    draws: list[Draw]
    balance: BalanceAfter


class Denial(Answered):
    """A refusal by policy, with the request and the figures it was judged by."""

    id: Id
    account: str
    feature: str
    reason: str
    request: dict[str, Any]
    figures: dict[str, Any]
    count: int
    first_at: datetime
    last_at: datetime
    explanation: list[str]


class ScheduledTable(Answered):
    """What the account is to pay by: a table of its own, a segment's, or where both are null the default one."""

    rate_table: str | None
    segment: str | None
    effective_from: datetime


class Account(Answered):
    account: str
    name: str
    state: Literal["active", "suspended", "closed"]
    rate_table: str | None
    segment: str | None
    scheduled: list[ScheduledTable]
    time_zone: str
    parent: str | None
    external_ids: dict[str, str]
    policy: Policy
    entitlements: Literal["portfolio", "bought"]
    created_at: datetime


class NextExpiry(Answered):
    at: datetime
    tokens: TokenText


class Balance(Answered):
    """What the account can spend, now or at the instant asked for."""

    account: str
    token: str
    available: TokenText
    held: TokenText
    overage: TokenText
    overage_limit: TokenText | None
    by_kind: dict[Kind, TokenText]
    next_expiry: NextExpiry | None
    policy: Policy
    as_of: datetime


class Grant(Answered):
    """tokens = remaining + spent + expired + voided."""

    id: Id
    account: str
    token: str
    kind: Kind
    state: str
    tokens: TokenText
    remaining: TokenText
    held: TokenText
    spent: TokenText
    expired: TokenText
    voided: TokenText
    effective_at: datetime
    expires_at: datetime | None
    priority: int
    features: list[str]
    unit_cost: AmountText | None
    currency: str | None
    reason: str | None
    external_id: str | None
    created_at: datetime


class Grants(Answered):
    items: list[Grant]
    next: str | None


class Moved(Answered):
    """A grant that a transfer took from, and the one it made."""

    grant: Id
    to_grant: Id
    tokens: TokenText


class Transfer(Answered):
    id: Id
    account: str
    to: str
    token: str
    tokens: TokenText
    moved: list[Moved]
    balance: BalanceAfter
    recorded_at: datetime


class Movement(Answered):
    """One entry of the ledger. `number` has no gaps within a wallet."""

    number: int
    kind: str
    tokens: TokenText
    balance_before: TokenText
    balance_after: TokenText
    overage_after: TokenText
    grant: Id | None
    cause: str
    cause_id: Id
    recorded_at: datetime


class Ledger(Answered):
    items: list[Movement]
    next: str | None


class Step(Struct, kw_only=True):
    """One step; further members depend on its kind, and say whether the books agree."""

    step: str
    text: str


class Explanation(Answered):
    """How a debit came to its tokens, step by step, from stored facts."""

    debit: Id
    account: str
    steps: list[Step]
