"""Which calls of the past a policy would have refused: the calls as recorded, the account's tokens as one pot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from usage.rules.policies import PolicyChoice, Throttle

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class PastCall:
    """A debit, a hold by its estimate, or a refusal for want of tokens, as recorded. available, owed: before it.

    is_judged: the policy is for it. is_hold: its identity is a hold's, not a debit's.
    was_refused: then; what it would have left is not known but from this.
    """

    id: UUID
    at: datetime
    feature: str
    tokens: Decimal
    available: Decimal
    owed: Decimal
    is_judged: bool = True
    is_hold: bool = False
    was_refused: bool = False


@dataclass(frozen=True, slots=True)
class PastStart:
    """A grant came into force. bought: its tokens, where it is a purchase."""

    at: datetime
    bought: Decimal | None


@dataclass(frozen=True, slots=True)
class WouldRefuse:
    """A call that the policy would have refused, and why."""

    call: PastCall
    why: str


@dataclass(frozen=True, slots=True)
class RehearsedPolicy:
    """calls: looked at. refused: of those that went through then. passed: refusals of then that would not be."""

    calls: int
    refused: Sequence[WouldRefuse]
    passed: int

    @property
    def tokens(self) -> Decimal:
        """What the refused ones came to, holds by their estimates."""
        return sum((each.call.tokens for each in self.refused), NOTHING)


def rehearse(
    policy: PolicyChoice, calls: Sequence[PastCall], starts: Sequence[PastStart], stocked: Decimal | None
) -> RehearsedPolicy:
    """Put the calls, oldest first, before the policy. stocked: when the last grant before them came into force."""
    begun = [start for start in starts if calls and start.at <= calls[0].at]
    pot = _Pot(policy, list(starts[len(begun) :]), stocked)
    for start in begun:
        pot.buy(start)
    refused, passed = [], 0
    for call in calls:
        why = pot.ask(call)
        if why and not call.was_refused:
            refused.append(WouldRefuse(call, why))
        passed += call.was_refused and not why
    return RehearsedPolicy(len(calls), refused, passed)


@dataclass
class _Pot:
    """saved: tokens that refused calls would have left unspent, less those of calls that would have gone through."""

    policy: PolicyChoice
    starts: list[PastStart]
    stocked: Decimal | None
    saved: Decimal = NOTHING
    bought: Decimal = NOTHING
    purchases: int = 0
    grace_began: datetime | None = None
    grace_purchases: int = -1
    is_beyond: bool = False
    buckets: dict[Throttle, tuple[Fraction, datetime]] = field(default_factory=dict)

    def ask(self, call: PastCall) -> str:
        """Why the call would be refused, empty where it would not; then it is spent."""
        net = call.available - call.owed + self.saved
        available, owed = max(net, NOTHING), max(-net, NOTHING)
        if not self.saved:
            available, owed = call.available, call.owed
        self._start(call.at, available)
        self.is_beyond = self.is_beyond and owed > 0
        why = self._why(call, available, owed) if call.is_judged else ""
        if why and not call.was_refused:
            self.saved += call.tokens
        if call.was_refused and not why:
            self.saved -= call.tokens
        if not why and call.is_judged:
            self._take(call, available)
        return why

    def _start(self, at: datetime, available: Decimal) -> None:
        """Let the grants begin that had begun by then: what is available at the next call is what there was."""
        while self.starts and self.starts[0].at <= at:
            start = self.starts.pop(0)
            self.stocked = available
            self.buy(start)

    def buy(self, start: PastStart) -> None:
        if start.bought is not None:
            self.bought, self.purchases = start.bought, self.purchases + 1

    def _why(self, call: PastCall, available: Decimal, owed: Decimal) -> str:
        short = max(call.tokens - available, NOTHING)
        holding = [each for each in self.policy.throttle if self._gone(available, each.start)]
        for each in holding:
            if self._need(each, call) > each.per_minute:
                return f"more than {_throttle(each)} can ever hold"
        room, cap = self._room(call.at)
        if short and room is not None and owed + short > room:
            return f"beyond {cap}"
        late = next((each for each in holding if self._need(each, call) > self._level(each, call.at)), None)
        return f"faster than {_throttle(late)}" if late else ""

    def _gone(self, available: Decimal, share: int) -> bool:
        if share == 0:
            return True
        if self.stocked:
            return (self.stocked - available) * 100 >= share * self.stocked
        return available == 0

    def _room(self, at: datetime) -> tuple[Decimal | None, str]:
        """How much may be owed at most, and what sets that."""
        policy = self.policy
        if policy.mode == "block" and policy.grace is None:
            return NOTHING, "zero"
        found = [] if policy.limit is None else [(policy.limit, "the limit")]
        if policy.limit_percent is not None:
            found.append((self.bought * policy.limit_percent / 100, "its share of the last purchase"))
        if policy.limit_money is not None:
            found.append((policy.limit_money.tokens, "the limit in money"))
        if policy.grace is not None:
            if self._is_grace_over(at):
                return NOTHING, "a grace that is over"
            if policy.grace.tokens is not None:
                found.append((policy.grace.tokens, "the grace"))
        return min(found, default=(None, ""))

    def _is_grace_over(self, at: datetime) -> bool:
        grace = self.policy.grace
        if self.is_beyond and self.grace_began is not None:
            return bool(grace and grace.lasts and at >= self.grace_began + grace.lasts)
        return self.grace_purchases >= self.purchases

    def _take(self, call: PastCall, available: Decimal) -> None:
        for each in self.policy.throttle:
            if self._gone(available, each.start):
                self.buckets[each] = (self._level(each, call.at) - self._need(each, call), call.at)
        if call.tokens > available and not self.is_beyond:
            self.is_beyond, self.grace_began, self.grace_purchases = True, call.at, self.purchases

    @staticmethod
    def _need(throttle: Throttle, call: PastCall) -> Fraction:
        return Fraction(1) if throttle.measure == "calls" else Fraction(call.tokens)

    def _level(self, throttle: Throttle, at: datetime) -> Fraction:
        whole = Fraction(throttle.per_minute)
        level, since = self.buckets.get(throttle, (whole, at))
        return min(whole, level + whole * Fraction((at - since) / timedelta(microseconds=1)) / 60_000_000)


def _throttle(throttle: Throttle) -> str:
    return f"{throttle.per_minute.normalize():f} {throttle.measure} a minute"
