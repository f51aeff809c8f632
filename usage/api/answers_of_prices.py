"""Price lists as callers are answered. `usage.queries.pricelists` makes them."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from usage.api.answered import AmountText, Answered, TokenText
from usage.api.answers import OwnPrice


class PricedTier(Answered):
    """A price beyond a quantity of the month: `tokens` for `per` units."""

    tier_from: AmountText
    tokens: AmountText
    per: AmountText
    unit_tokens: AmountText


class PricedRow(Answered, omit_defaults=True):
    """A rate: one price a unit; with `tier_mode` the tiers; or a formula, and then no price."""

    feature: str
    name: str
    unit: str
    dimensions: dict[str, str]
    tokens: AmountText | None
    per: AmountText
    unit_tokens: AmountText | None
    minimum: TokenText
    rounding: Literal["half_up", "half_even", "up", "down"]
    tier_mode: Literal["graduated", "volume", "package"] | UnsetType = UNSET
    tiers: list[PricedTier] | UnsetType = UNSET
    formula: str | UnsetType = UNSET
    override: OwnPrice | UnsetType = UNSET


class Rates(Answered, omit_defaults=True):
    """The price list an account sees at an instant. kept: it stays on this version, whatever is in force."""

    table: str
    token: str
    version: int
    effective_from: datetime
    effective_until: datetime | None
    items: list[PricedRow]
    next: str | None
    kept: bool | UnsetType = UNSET
