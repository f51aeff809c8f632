"""Entitlements as callers are answered. `usage.api.entitlements` makes them."""

from datetime import datetime
from typing import Literal

from usage.api.answered import AmountText, Answered, TokenText

Allowed = Literal["included", "free", "tokens", "overage"]
Refused = Literal[
    "account-suspended", "not-entitled", "no-rate", "insufficient-tokens", "limit-reached", "throttled"
]


class Entitlement(Answered):
    """Whether one unit of a feature may be used now: what would pay, or the slug of the refusal.

    included, used: units of the allowances' present windows, what holds keep among the used; the first of them ends at
    `resets_at`.
    until: when access as it is said now ends; null where nothing is said or without end.
    """

    feature: str
    name: str
    product: str
    unit: str
    allowed: bool
    reason: Allowed | Refused
    included: AmountText
    used: AmountText
    resets_at: datetime | None
    unit_tokens: AmountText | None
    until: datetime | None


class Entitlements(Answered):
    """Every feature, in the order of codes. token: what the account pays in; null without a rate table."""

    account: str
    token: str | None
    as_of: datetime
    items: list[Entitlement]
    next: str | None


class OneEntitlement(Entitlement):
    """The same of so much of one feature, and what it would cost; null where nothing prices it."""

    account: str
    token: str | None
    as_of: datetime
    quantity: AmountText
    would_cost: TokenText | None


class EntitlementsOfAccount(Answered):
    """One row of the matrix: the features in the order sent."""

    account: str
    token: str | None
    items: list[Entitlement]


class EntitlementMatrix(Answered):
    """A row an account, in the order sent."""

    accounts: list[EntitlementsOfAccount]
    as_of: datetime
