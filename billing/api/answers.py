"""What callers are answered of orders. Shapes that describe; services build what is sent."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from usage.api.answered import AmountText, Answered, Id, Kind, TokenText


class OrderPeriod(Answered):
    """The running period of a line, and what is paid for it: prorated where the line changed within it."""

    starts_at: datetime
    ends_at: datetime | None
    amount: AmountText


class OrderGrant(Answered):
    """Tokens that the line gave. taken_back: what the order took back of them since."""

    id: Id
    token: str
    kind: Kind
    tokens: TokenText
    taken_back: TokenText
    effective_at: datetime
    expires_at: datetime | None


class OrderSeats(Answered):
    pattern: str
    seats: int


class OrderAllowance(Answered):
    pattern: str
    units: AmountText
    period: str


class OrderLine(Answered):
    """A line and what it has come to. What is not active gives no seats, units or access."""

    line: str
    sku: str
    name: str
    state: Literal["scheduled", "active", "ended", "cancelled"]
    quantity: AmountText
    amount: AmountText
    currency: str
    starts_at: datetime
    ends_at: datetime | None
    period: OrderPeriod | None
    grants: Annotated[list[OrderGrant], Meta(description="Given once, or for periods that are not over yet.")]
    seats: list[OrderSeats]
    allowances: list[OrderAllowance]
    access: list[str]
    rate_table: str | None


class Order(Answered, omit_defaults=True):
    """An order as a version left it."""

    external_id: str
    version: int
    state: Literal["active", "cancelled"]
    account: str
    lines: list[OrderLine]
    starts_at: datetime | UnsetType = UNSET
    recorded_at: datetime | UnsetType = UNSET
    billing: Annotated[
        Literal["invoice", "external"] | None | UnsetType,
        Meta(
            description="Who asks for the money, as the order says: invoices made here, or another system. null: as "
            "the account is billed, else by invoices made here. Answers that were given before it was told have none."
        ),
    ] = UNSET
    superseded: Annotated[
        bool | UnsetType, Meta(description="True where a higher version holds: this call changed nothing.")
    ] = UNSET
    present_version: Annotated[int | UnsetType, Meta(description="The version that holds instead.")] = UNSET
