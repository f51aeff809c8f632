"""What an offer means: kept with each line of an order as it was then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

import msgspec

from config.kernel import shaped
from config.kernel.amounts import EXACT, MONEY_PLACES, TOKEN_PLACES, plain, to_money_places
from usage.rules.policies import PolicyChoice, StepFact, choice_of, steps_of
from usage.rules.policy_words import label

ONCE, MONTH, YEAR = "once", "month", "year"
MONTHS = {MONTH: 1, YEAR: 12}
"""How many months a period is long."""


@dataclass(frozen=True, slots=True)
class TokensPart:
    """Tokens that one gives. share: per cent of the price, of one period, that pays for them.

    every: once, month or year; what is paid for by the year may give them by the month.
    """

    unit: str
    tokens: Decimal
    every: str
    is_bonus: bool
    share: Decimal
    lasts_days: int | None
    lasts_months: int | None
    ends_with_period: bool
    priority: int
    features: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The kind of its grants."""
        return "promo" if self.is_bonus else "purchase" if self.share else "included"

    @property
    def key(self) -> str:
        """What makes it the same part in another offer: two plans' monthly tokens are one part, of another size."""
        return " ".join([self.every, self.unit, self.kind, ",".join(sorted(self.features))]).strip()


@dataclass(frozen=True, slots=True)
class SeatsPart:
    pattern: str
    seats: int


@dataclass(frozen=True, slots=True)
class AllowancePart:
    pattern: str
    units: Decimal
    period: str
    carries: Decimal | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An offer as it was when a line named it. period: month, year or empty. policy: as `policy_kept` spells it.

    trial: the id of the trial offer that it gives once a line.
    """

    code: str
    name: str
    kind: str
    list_price: Decimal
    currency: str
    period: str
    rate_table: str
    policy: dict[str, Any] | None
    entitlements: str
    tokens: tuple[TokensPart, ...] = ()
    seats: tuple[SeatsPart, ...] = ()
    allowances: tuple[AllowancePart, ...] = ()
    access: tuple[str, ...] = ()
    trial: int | None = None

    @property
    def parts(self) -> dict[str, TokensPart]:
        """Its tokens by key; the second of a key is told apart by its number."""
        found: dict[str, TokensPart] = {}
        for part in self.tokens:
            key, count = part.key, 1
            while key in found:
                count += 1
                key = f"{part.key} #{count}"
            found[key] = part
        return found

    @property
    def gives_nothing(self) -> bool:
        """Whether whoever buys it has neither more nor other terms than before."""
        parts = (self.tokens, self.seats, self.allowances, self.access)
        terms = (self.rate_table, self.entitlements, self.policy, self.trial)
        return not any(parts) and not any(terms)

    @property
    def terms(self) -> list[str]:
        """What holds for the account while it is bought, and for what it uses of anything, in a few words each."""
        policy = policy_read(self.policy)
        bought = ["what was bought is open, and nothing else"] if self.entitlements == "bought" else []
        prices = [f"prices of {self.rate_table}"] if self.rate_table else []
        beyond = [f"beyond the account's tokens: {label(policy)}"] if policy else []
        return [*(f"access to {pattern}" for pattern in self.access), *bought, *prices, *beyond]

    def once(self) -> dict[str, TokensPart]:
        return {key: part for key, part in self.parts.items() if part.every == ONCE}

    def recurring(self) -> dict[str, TokensPart]:
        return {key: part for key, part in self.parts.items() if part.every != ONCE}

    def by_month(self) -> dict[str, TokensPart]:
        """What it gives by the month though it is paid for by the year."""
        found = self.recurring() if self.period == YEAR else {}
        return {key: part for key, part in found.items() if part.every == MONTH}

    def by_period(self) -> dict[str, TokensPart]:
        """What it gives as often as it is paid for."""
        return {key: part for key, part in self.recurring().items() if key not in self.by_month()}


def turn(asked: str, period: str) -> str:
    """How often tokens are given, as a part has it. asked: empty or once, period, month. period: of the offer."""
    if asked in ("", ONCE):
        return ONCE
    return MONTH if asked == MONTH else period or "period"


def kept(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as it is kept; amounts as text."""
    told: dict[str, Any] = msgspec.to_builtins(snapshot)
    if snapshot.trial is None:
        del told["trial"]
    return told


def read(told: Mapping[str, Any]) -> Snapshot:
    """The snapshot that was kept."""
    return shaped.convert(told, Snapshot)


def policy_kept(policy: PolicyChoice | None) -> dict[str, Any] | None:
    """A policy as offers and pushed terms keep it: its mode, its limit and its steps."""
    if policy is None:
        return None
    steps = [{name: _told(getattr(step, name)) for name in _STEP} for step in steps_of(policy.in_order())]
    return {"mode": policy.mode, "limit": _told(policy.limit), "steps": steps}


def policy_read(told: Mapping[str, Any] | None) -> PolicyChoice | None:
    """The policy that was kept."""
    if told is None:
        return None
    limit = None if told["limit"] is None else Decimal(told["limit"])
    return choice_of(told["mode"], limit, [shaped.convert(step, StepFact) for step in told["steps"]])


_STEP = ("kind", "share", "measure", "amount", "seconds", "price", "currency")


def _told(value: Any) -> Any:
    return plain(value) if isinstance(value, Decimal) else value


def tokens_of(part: TokensPart, quantity: Decimal) -> Decimal:
    """The tokens of so many, rounded down to a millionth."""
    return down(EXACT.multiply(part.tokens, quantity))


def money_of(part: TokensPart, amount: Decimal) -> Decimal:
    """The share of a line's amount that pays for the part, rounded half to even to 12 decimals."""
    return to_money_places(EXACT.divide(EXACT.multiply(amount, part.share), Decimal(100)))


def down(tokens: Decimal) -> Decimal:
    """Tokens, rounded down to a millionth."""
    return tokens.quantize(Decimal(1).scaleb(-TOKEN_PLACES), rounding=ROUND_DOWN, context=EXACT)


def unit_cost(paid: Decimal, tokens: Decimal) -> Decimal:
    """What one token was paid with: cut down to 12 decimals, so that the sum of them never exceeds what was paid."""
    return EXACT.divide(paid, tokens).quantize(
        Decimal(1).scaleb(-MONEY_PLACES), rounding=ROUND_DOWN, context=EXACT
    )


def faults_of(snapshot: Snapshot) -> Iterator[str]:
    """What is wrong with an offer as a whole, a sentence each."""
    for every, parts in _by_turn(snapshot.tokens):
        if sum(part.share for part in parts) > 100:
            yield f"The tokens given {every} share more than 100 per cent of the price."
    if not snapshot.period and any(part.every != ONCE for part in snapshot.tokens):
        yield "What is paid for once gives no tokens each period."
    if snapshot.period and any(part.every == ONCE and part.share for part in snapshot.tokens):
        yield "The price is of one period: tokens given once are included or a bonus, with no share of it."
    for part in snapshot.tokens:
        if any("*" in each[:-1] or not each for each in part.features):
            yield "Features are codes, or patterns that end in *."


def _by_turn(parts: Sequence[TokensPart]) -> Iterator[tuple[str, list[TokensPart]]]:
    for word, is_once in (("once", True), ("each period", False)):
        yield word, [part for part in parts if (part.every == ONCE) is is_once]
