"""How a line came to its tokens, in words and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from config.kernel.amounts import plain, tokens
from pricing.rules.compiled import price_of_one, unit_price
from pricing.rules.rows import RateRow
from usage.rules.orders import OwnCost
from usage.rules.overrides import OverrideFact


@dataclass(frozen=True, slots=True)
class TierCost:
    """What one tier priced of a line: its units, and the tokens they cost before minimum and rounding."""

    tier_from: Decimal
    units: Decimal
    cost: Fraction


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line, the rate that priced it, and its charge as booked and as computed anew.

    tiers, counted: of a line by tiers; the units that the month had charged before. value: what a formula came to.
    override: the account's own price, where it had one. own_cost: what the usage said that it cost us, where it did.
    """

    feature: str
    unit: str
    quantity: Decimal
    covered_quantity: Decimal
    dimensions: Mapping[str, str]
    rate: RateRow
    tokens: Decimal
    tokens_anew: Decimal
    counted: Decimal | None = None
    tiers: Sequence[TierCost] = ()
    value: Fraction | None = None
    override: OverrideFact | None = None
    own_cost: OwnCost | None = None

    @property
    def cost(self) -> Fraction:
        """Tokens before minimum and rounding."""
        own = self.override
        if own is None:
            return self._cost_by_rate
        if own.tokens is not None and own.per is not None:
            return Fraction(own.tokens) * Fraction(self.quantity - self.covered_quantity) / Fraction(own.per)
        return Fraction(0) if own.factor is None else self._cost_by_rate * Fraction(own.factor)

    @property
    def _cost_by_rate(self) -> Fraction:
        charged = Fraction(self.quantity - self.covered_quantity)
        if self.counted is not None:
            return sum((tier.cost for tier in self.tiers), Fraction(0))
        if self.value is not None:
            return self.value * charged / Fraction(self.quantity)
        return Fraction(self.rate.tokens) * charged / Fraction(self.rate.per)


def value_of(price: Decimal | None, per: Decimal | None, quantity: Decimal) -> Fraction | None:
    """What a formula came to, from what was stored with the line."""
    if price is None or per is None:
        return None
    return Fraction(price) * Fraction(quantity) / Fraction(per)


def line(each: PricedLine) -> dict[str, Any]:
    """How one item came to its tokens."""
    row = each.rate
    is_minimum = 0 < each.cost < Fraction(row.minimum)
    text = f"{_reckoning(each)} = {_exact(each.cost)}"
    text += f", at least {plain(row.minimum)}" if is_minimum else ""
    return {
        "step": "price",
        "text": f"{each.feature}: {text}, rounded {row.rounding} to {tokens(each.tokens)}.{_said(each.own_cost)}",
        "feature": each.feature,
        "unit": each.unit,
        "quantity": plain(each.quantity),
        "covered_quantity": plain(each.covered_quantity),
        "dimensions": dict(each.dimensions),
        "rate": _rate(row),
        **_tiers(each),
        **_own(each.override),
        "minimum_applied": is_minimum,
        "tokens": tokens(each.tokens),
        **_own_cost(each.own_cost),
        "agrees": each.tokens == each.tokens_anew,
    }


def _said(cost: OwnCost | None) -> str:
    return f" The usage said that it cost {plain(cost.amount)} {cost.currency}." if cost else ""


def _own_cost(cost: OwnCost | None) -> dict[str, Any]:
    return {"cost": plain(cost.amount), "currency": cost.currency} if cost else {}


def _reckoning(each: PricedLine) -> str:
    own = each.override
    if own is None:
        return _by_rate(each)
    if own.tokens is not None and own.per is not None:
        charged = plain(each.quantity - each.covered_quantity)
        return f"{charged} × {_price(own.tokens, own.per)}, the account's own price"
    if own.factor is None:
        return "free for this account"
    return f"({_by_rate(each)}) × {plain(own.factor)}, the account's own share"


def _by_rate(each: PricedLine) -> str:
    row, charged = each.rate, plain(each.quantity - each.covered_quantity)
    if each.value is not None:
        covered = f", {charged} of {plain(each.quantity)} not covered" if each.covered_quantity else ""
        return f"{row.formula}{covered}"
    if each.counted is None:
        return f"{charged} × {_price(row.tokens, row.per)}"
    parts = " + ".join(_part(each, tier) for tier in each.tiers) or charged
    return f"{row.tier_mode}, after {plain(each.counted)} this month: {parts}"


def _part(each: PricedLine, tier: TierCost) -> str:
    price = next(known for known in each.rate.all_tiers if known.tier_from == tier.tier_from)
    if each.rate.tier_mode == "package":
        packs = _exact(tier.cost / Fraction(price.tokens)) if price.tokens else "0"
        return f"{packs} packs of {plain(price.per)} × {plain(price.tokens)}"
    return f"{plain(tier.units)} × {_price(price.tokens, price.per)}"


def _price(amount: Decimal, per: Decimal) -> str:
    return f"{plain(amount)} tokens" + ("" if per == 1 else f" per {plain(per)}")


def _rate(row: RateRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "feature": row.feature,
        "dimensions": dict(row.dimensions),
        "tokens": None if row.formula else plain(row.tokens),
        "per": plain(row.per),
        "unit_tokens": price_of_one(row),
        "minimum": tokens(row.minimum),
        "rounding": row.rounding,
    }
    return shown | ({"formula": row.formula} if row.formula else {})


def _tiers(each: PricedLine) -> dict[str, Any]:
    if each.counted is None:
        return {}
    prices = {tier.tier_from: unit_price(tier.tokens, tier.per) for tier in each.rate.all_tiers}
    tiers = [
        {
            "tier_from": plain(tier.tier_from),
            "quantity": plain(tier.units),
            "unit_tokens": prices[tier.tier_from],
            "tokens": _exact(tier.cost),
        }
        for tier in each.tiers
    ]
    return {"tier_mode": each.rate.tier_mode, "counted_before": plain(each.counted), "tiers": tiers}


def _own(override: OverrideFact | None) -> dict[str, Any]:
    return {} if override is None else {"override": override_shown(override)}


def override_shown(override: OverrideFact) -> dict[str, Any]:
    """An override with what its kind has."""
    amounts = {"tokens": override.tokens, "per": override.per, "factor": override.factor}
    told = {name: plain(amount) for name, amount in amounts.items() if amount is not None}
    return {"id": str(override.id), "kind": override.kind, **told}


def _exact(amount: Fraction) -> str:
    """An amount before rounding: exact where it ends, else as a fraction."""
    scaled, places = amount, 0
    while scaled.denominator != 1 and places < 60:
        scaled, places = scaled * 10, places + 1
    if scaled.denominator != 1:
        return f"{amount.numerator} / {amount.denominator}"
    return plain(Decimal(f"{scaled.numerator}e-{places}"))
