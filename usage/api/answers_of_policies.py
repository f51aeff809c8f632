"""A policy as callers are told of it: a member is there where the policy has it."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from usage.api.answered import AmountText, Answered, TokenText

Span = Annotated[str, Meta(pattern="^PT[0-9]+[HMS]$", description="ISO 8601.")]


class ThrottleShown(Answered, omit_defaults=True):
    """Calls or tokens a minute, once `from` per cent are spent."""

    start: int = field(name="from")
    calls_per_minute: int | UnsetType = UNSET
    tokens_per_minute: TokenText | UnsetType = UNSET


class GraceShown(Answered, omit_defaults=True):
    """What may be spent beyond zero for a while."""

    lasts: Span | UnsetType = field(name="for", default=UNSET)
    tokens: TokenText | UnsetType = UNSET


class MoneyShown(Answered):
    """Overage up to so much money, at a price for one token."""

    amount: AmountText
    unit_price: AmountText
    currency: str


class Policy(Answered, omit_defaults=True):
    """What becomes of what grants do not pay, and the steps on the way there.

    scope: whose it is, where it is not the account's own.
    """

    mode: Literal["block", "overage"]
    limit: TokenText | None | UnsetType = UNSET
    limit_percent: AmountText | UnsetType = UNSET
    limit_money: MoneyShown | UnsetType = UNSET
    notify: list[int] | UnsetType = UNSET
    throttle: list[ThrottleShown] | UnsetType = UNSET
    grace: GraceShown | UnsetType = UNSET
    hold_limit: TokenText | UnsetType = UNSET
    scope: str | UnsetType = UNSET
