"""What may be spent beyond what grants pay, and what is told or slowed on the way there: a ladder from soft to hard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from config.kernel.errors import FieldError

MODES = ("block", "overage")
MEASURES = ("calls", "tokens")
MOST_STEPS = 20
LONGEST_GRACE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Throttle:
    """So many calls or tokens a minute, once `start` per cent are gone; 0 is always."""

    start: int
    measure: str
    per_minute: Decimal


@dataclass(frozen=True, slots=True)
class GracePeriod:
    """What may be spent beyond zero until a time has passed or an amount is reached. One of the two is there."""

    lasts: timedelta | None = None
    tokens: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MoneyLimit:
    """Overage up to so much money, at a price for one token in the same currency."""

    amount: Decimal
    unit_price: Decimal
    currency: str

    @property
    def tokens(self) -> Decimal:
        """The tokens that the money pays, rounded down to a millionth."""
        millionths = int(Fraction(self.amount) / Fraction(self.unit_price) * 10**6)
        return Decimal(millionths).scaleb(-6)


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """mode: block, or overage up to `limit` tokens, None without limit; whichever of the limits is lowest holds.

    notify: shares spent at which to tell, in per cent. limit_percent: of the last purchase. hold_limit: tokens of one
    hold's estimate at most.
    grace: what may be spent beyond zero for a while; it makes a block one that comes after it.
    """

    mode: str
    limit: Decimal | None = None
    notify: tuple[int, ...] = ()
    throttle: tuple[Throttle, ...] = ()
    grace: GracePeriod | None = None
    limit_percent: Decimal | None = None
    limit_money: MoneyLimit | None = None
    hold_limit: Decimal | None = None

    @property
    def overage_limit(self) -> Decimal | None:
        """How many tokens of overage are allowed by mode and limit alone; None is any amount."""
        return Decimal(0) if self.mode == "block" else self.limit

    @property
    def floor(self) -> Decimal | None:
        """The lowest that overage may take a wallet by mode and limit alone; None is without limit."""
        return None if self.overage_limit is None else -self.overage_limit

    def in_order(self) -> PolicyChoice:
        """The same with its steps as the books have them."""
        throttle = sorted(self.throttle, key=lambda each: (each.start, each.measure))
        return replace(self, notify=tuple(sorted(self.notify)), throttle=tuple(throttle))

    @property
    def most_overage(self) -> Decimal | None:
        """The lowest of its limits that are an amount, in tokens; None where none is."""
        if self.mode == "block" and self.grace is None:
            return Decimal(0)
        money = self.limit_money.tokens if self.limit_money else None
        limits = (self.limit, money, self.grace.tokens if self.grace else None)
        return min((limit for limit in limits if limit is not None), default=None)

    @property
    def is_plain(self) -> bool:
        """Whether mode and limit say all of it."""
        steps = self.notify or self.throttle or self.grace or self.limit_money
        return not steps and self.limit_percent is None and self.hold_limit is None


BLOCK = PolicyChoice("block")


@dataclass(frozen=True, slots=True)
class StepFact:
    """One step as it stands in the books. seconds: how long a grace lasts."""

    kind: str
    share: int | None = None
    measure: str = ""
    amount: Decimal | None = None
    seconds: Decimal | None = None
    price: Decimal | None = None
    currency: str = ""

    def columns(self) -> dict[str, Any]:
        """The step as its row has it."""
        return {
            "kind": self.kind,
            "share": self.share,
            "measure": self.measure,
            "amount": self.amount,
            "lasts": _lasting(self.seconds),
            "price": self.price,
            "currency": self.currency,
        }


def choice_of(mode: str, overage_limit: Decimal | None, steps: Iterable[StepFact]) -> PolicyChoice:
    """The policy that these rows spell."""
    found = sorted(steps, key=lambda step: (step.share or 0, step.measure))
    of = {step.kind: step for step in found}
    grace, percent, money, hold = (of.get(kind) for kind in ("grace", "percent", "money", "hold"))
    return PolicyChoice(
        mode,
        None if mode == "block" else overage_limit,
        notify=tuple(step.share or 0 for step in found if step.kind == "notify"),
        throttle=tuple(
            Throttle(step.share or 0, step.measure, step.amount or Decimal(0))
            for step in found
            if step.kind == "throttle"
        ),
        grace=GracePeriod(_lasting(grace.seconds), grace.amount) if grace else None,
        limit_percent=percent.amount if percent else None,
        limit_money=MoneyLimit(money.amount, money.price, money.currency)
        if money and money.amount is not None and money.price is not None
        else None,
        hold_limit=hold.amount if hold else None,
    )


def _lasting(seconds: Decimal | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=int(seconds))


def steps_of(policy: PolicyChoice) -> Iterator[StepFact]:
    """The rows that spell the policy beside its mode and limit, from soft to hard."""
    for share in policy.notify:
        yield StepFact("notify", share=share)
    for each in policy.throttle:
        yield StepFact("throttle", share=each.start, measure=each.measure, amount=each.per_minute)
    if policy.grace is not None:
        lasts = policy.grace.lasts
        seconds = None if lasts is None else Decimal(int(lasts.total_seconds()))
        yield StepFact("grace", amount=policy.grace.tokens, seconds=seconds)
    if policy.limit_percent is not None:
        yield StepFact("percent", amount=policy.limit_percent)
    if policy.limit_money is not None:
        money = policy.limit_money
        yield StepFact("money", amount=money.amount, price=money.unit_price, currency=money.currency)
    if policy.hold_limit is not None:
        yield StepFact("hold", amount=policy.hold_limit)


def faults_of(policy: PolicyChoice) -> Iterator[FieldError]:
    """What no policy can be, field by field below `/policy`."""
    if policy.mode not in MODES:
        yield FieldError("/policy/mode", f"A policy is one of {', '.join(MODES)}.")
    if policy.limit is not None and (policy.mode == "block" or not policy.limit >= 0):
        yield FieldError("/policy/limit", "Only overage has a limit, of zero or more.")
    for name, limit in (("limit_percent", policy.limit_percent), ("limit_money", policy.limit_money)):
        if limit is not None and policy.mode == "block":
            yield FieldError(f"/policy/{name}", "Only overage has a limit.")
    if policy.limit_percent is not None and not 0 <= policy.limit_percent <= 1_000_000:
        yield FieldError("/policy/limit_percent", "A percentage is 0 to 1,000,000.")
    if policy.limit_money is not None:
        yield from _money_faults(policy.limit_money)
    if policy.hold_limit is not None and not policy.hold_limit > 0:
        yield FieldError("/policy/hold_limit", "A hold may be of more than 0 tokens.")
    yield from _notify_faults(policy.notify)
    yield from _throttle_faults(policy.throttle)
    if policy.grace is not None:
        yield from _grace_faults(policy.grace)


def _notify_faults(notify: Sequence[int]) -> Iterator[FieldError]:
    if len(notify) > MOST_STEPS:
        yield FieldError("/policy/notify", f"There are {MOST_STEPS} thresholds at most.")
    for place, share in enumerate(notify):
        if not 1 <= share <= 100:
            yield FieldError(f"/policy/notify/{place}", "A threshold is 1 to 100 per cent.")
        elif share in notify[:place]:
            yield FieldError(f"/policy/notify/{place}", "The threshold is named twice.")


def _throttle_faults(throttle: Sequence[Throttle]) -> Iterator[FieldError]:
    if len(throttle) > MOST_STEPS:
        yield FieldError("/policy/throttle", f"There are {MOST_STEPS} throttles at most.")
    seen: set[tuple[int, str]] = set()
    for place, each in enumerate(throttle):
        where = f"/policy/throttle/{place}"
        if not 0 <= each.start <= 100:
            yield FieldError(f"{where}/from", "A throttle begins at 0 to 100 per cent.")
        if each.measure not in MEASURES:
            yield FieldError(where, "A throttle is of calls or of tokens.")
        elif each.measure == "calls" and not (each.per_minute >= 1 and each.per_minute % 1 == 0):
            yield FieldError(f"{where}/calls_per_minute", "A whole number of calls, 1 or more.")
        elif not each.per_minute > 0:
            yield FieldError(f"{where}/tokens_per_minute", "Tokens above 0.")
        if (each.start, each.measure) in seen:
            yield FieldError(
                where, f"There is a throttle of {each.measure} from {each.start} per cent already."
            )
        seen.add((each.start, each.measure))


def _grace_faults(grace: GracePeriod) -> Iterator[FieldError]:
    if grace.lasts is None and grace.tokens is None:
        yield FieldError("/policy/grace", "A grace has a time, an amount of tokens, or both.")
    if grace.lasts is not None and not timedelta(seconds=1) <= grace.lasts <= LONGEST_GRACE:
        yield FieldError("/policy/grace/for", "A grace lasts a second to 366 days.")
    if grace.lasts is not None and grace.lasts.microseconds:
        yield FieldError("/policy/grace/for", "A grace lasts whole seconds.")
    if grace.tokens is not None and not grace.tokens > 0:
        yield FieldError("/policy/grace/tokens", "A grace is of more than 0 tokens.")


def _money_faults(money: MoneyLimit) -> Iterator[FieldError]:
    if not money.amount >= 0:
        yield FieldError("/policy/limit_money/amount", "Money, 0 or more.")
    if not money.unit_price > 0:
        yield FieldError("/policy/limit_money/unit_price", "The price of a token is above 0.")
    elif money.amount / money.unit_price >= Decimal(10) ** 18:
        yield FieldError("/policy/limit_money", "The money pays for more tokens than can be counted.")
