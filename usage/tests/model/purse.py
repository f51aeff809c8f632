"""One wallet: grants and their buckets, the order they are drawn in, overage, and the ledger that tells it all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from usage.tests.model.prices import covers

ZERO = Decimal(0)
WINDOW_BACK = timedelta(days=35)
"""How far back usage may be dated, and a grant may start."""
KINDS = ("purchase", "trial", "promo", "included", "adjustment")
REPAYING = ("purchase", "adjustment")


@dataclass
class Grant:
    """`tokens = remaining + spent + expired + voided`, always. Booked when created, spendable from `effective_at`."""

    number: int
    kind: str
    tokens: Decimal
    effective_at: datetime
    created_at: datetime
    expires_at: datetime | None = None
    priority: int = 50
    features: tuple[str, ...] = ()
    unit_cost: Decimal = ZERO
    remaining: Decimal = ZERO
    spent: Decimal = ZERO
    expired: Decimal = ZERO
    voided: Decimal = ZERO
    is_pending: bool = True
    is_void: bool = False

    def covers(self, feature: str) -> bool:
        return not self.features or any(covers(pattern, feature) for pattern in self.features)

    def in_force(self, at: datetime) -> bool:
        return self.effective_at <= at and not self.is_over(at)

    def is_over(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    @property
    def drawable(self) -> Decimal:
        """What usage dated within its term may still take; what expired is lost to later usage only."""
        return self.remaining + self.expired

    def twin(self, number: int, tokens: Decimal, now: datetime) -> Grant:
        """The same promise for `tokens`, booked anew: what a transfer gives its target."""
        return Grant(
            number,
            self.kind,
            tokens,
            self.effective_at,
            now,
            self.expires_at,
            self.priority,
            self.features,
            self.unit_cost,
        )

    @property
    def rank(self) -> tuple[object, ...]:
        never = self.expires_at is None
        return (
            self.priority,
            not self.features,
            never,
            None if never else self.expires_at,
            self.unit_cost,
            self.effective_at,
            self.created_at,
            self.number,
        )


@dataclass
class Lot:
    """One item's overage. `tokens = open + repaid + reversed`."""

    number: int
    feature: str
    tokens: Decimal
    open: Decimal
    repaid: Decimal = ZERO
    reversed: Decimal = ZERO


@dataclass
class Repayment:
    lot: int
    grant: int
    tokens: Decimal
    returned: Decimal = ZERO


@dataclass(frozen=True)
class Entry:
    number: int
    kind: str
    amount: Decimal
    before: Decimal
    after: Decimal
    overage_after: Decimal
    grant: int | None
    lot: int | None
    at: datetime


# kind of entry → what it does to (tokens, remaining, spent, expired, voided) of its grant and to the open overage
EFFECTS: dict[str, tuple[dict[str, int], int]] = {
    "grant": ({"tokens": 1, "remaining": 1}, 0),
    "draw": ({"remaining": -1, "spent": 1}, 0),
    "late_draw": ({"expired": -1, "spent": 1}, 0),
    "overage": ({}, 1),
    "repay": ({"remaining": -1, "spent": 1}, -1),
    "expire": ({"remaining": -1, "expired": 1}, 0),
    "void": ({"remaining": -1, "voided": 1}, 0),
    "restore": ({"remaining": 1, "spent": -1}, 0),
    "overage_reversal": ({}, -1),
    "transfer_out": ({"tokens": -1, "remaining": -1}, 0),
    "transfer_in": ({"tokens": 1, "remaining": 1}, 0),
}


@dataclass
class Purse:
    unit: str
    grants: list[Grant] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    repayments: list[Repayment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def copy(self) -> Purse:
        return Purse(
            self.unit,
            [replace(grant) for grant in self.grants],
            [replace(lot) for lot in self.lots],
            [replace(repayment) for repayment in self.repayments],
            list(self.entries),
        )

    # What it holds

    @property
    def overage(self) -> Decimal:
        return sum((lot.open for lot in self.lots), ZERO)

    @property
    def balance(self) -> Decimal:
        return sum((grant.remaining for grant in self.grants), ZERO) - self.overage

    def available(self, now: datetime) -> Decimal:
        return sum((grant.remaining for grant in self.in_force(now)), ZERO)

    def by_kind(self, now: datetime) -> dict[str, Decimal]:
        split: dict[str, Decimal] = {}
        for grant in self.in_force(now):
            split[grant.kind] = split.get(grant.kind, ZERO) + grant.remaining
        return {kind: tokens for kind, tokens in split.items() if tokens}

    def next_expiry(self, now: datetime) -> datetime | None:
        return min((g.expires_at for g in self.in_force(now) if g.remaining and g.expires_at), default=None)

    def in_force(self, now: datetime) -> list[Grant]:
        return self.ranked(grant for grant in self.grants if grant.in_force(now))

    def paying(self, feature: str, occurred_at: datetime) -> list[Grant]:
        return self.ranked(
            g for g in self.grants if g.in_force(occurred_at) and g.covers(feature) and g.drawable
        )

    @staticmethod
    def ranked(grants: Iterable[Grant]) -> list[Grant]:
        return sorted(grants, key=lambda grant: grant.rank)

    # What moves

    def post(
        self, kind: str, amount: Decimal, now: datetime, grant: Grant | None = None, lot: Lot | None = None
    ) -> None:
        assert amount > 0
        buckets, sign = EFFECTS[kind]
        before = self.balance
        for bucket, direction in buckets.items():
            assert grant is not None
            setattr(grant, bucket, getattr(grant, bucket) + direction * amount)
        if lot is not None:
            lot.open += sign * amount
        entry = Entry(
            len(self.entries) + 1,
            kind,
            amount,
            before,
            self.balance,
            self.overage,
            grant.number if grant else None,
            lot.number if lot else None,
            now,
        )
        self.entries.append(entry)
        if grant is not None:
            assert grant.tokens == grant.remaining + grant.spent + grant.expired + grant.voided
            assert min(grant.remaining, grant.spent, grant.expired, grant.voided) >= 0
        assert all(
            x.open >= 0 and x.tokens == x.open + x.repaid + x.reversed for x in self.lots if x is not lot
        )

    def book(self, grant: Grant, now: datetime, kind: str = "grant") -> None:
        """Add a grant of `grant.tokens`; it comes into force at once where its start is not ahead."""
        amount, grant.tokens = grant.tokens, ZERO
        self.grants.append(grant)
        self.post(kind, amount, now, grant)
        if grant.effective_at <= now:
            self.come_into_force(grant, now)

    def settle(self, now: datetime) -> None:
        """Let the grants whose start has passed come into force, in the order of their starts."""
        due = [grant for grant in self.grants if grant.is_pending and grant.effective_at <= now]
        for grant in sorted(due, key=lambda g: (g.effective_at, g.created_at, g.number)):
            self.come_into_force(grant, now)

    def come_into_force(self, grant: Grant, now: datetime) -> None:
        grant.is_pending = False
        if grant.kind not in REPAYING:
            return
        for lot in self.lots:
            amount = min(lot.open, grant.remaining)
            if amount and grant.covers(lot.feature):
                lot.repaid += amount
                self.repayments.append(Repayment(lot.number, grant.number, amount))
                self.post("repay", amount, now, grant, lot)

    def plan(
        self, asked: Sequence[tuple[str, Decimal]], occurred_at: datetime
    ) -> tuple[dict[int, Decimal], list[Decimal]]:
        """What each grant would pay of (feature, tokens), item after item, and what of each item none pays.

        The grants stand in the order of first drawing.
        """
        drawn: dict[int, Decimal] = {}
        lacking = []
        for feature, tokens in asked:
            left = tokens
            for grant in self.paying(feature, occurred_at):
                taken = min(left, grant.drawable - drawn.get(grant.number, ZERO))
                if taken:
                    drawn[grant.number] = drawn.get(grant.number, ZERO) + taken
                    left -= taken
            lacking.append(left)
        return drawn, lacking

    def draw(self, number: int, tokens: Decimal, now: datetime) -> list[Decimal]:
        """Spend of a grant: what remains before what expired. Answers what was taken of each."""
        grant = self.grant(number)
        kept = min(tokens, grant.remaining)
        taken = {"draw": kept, "late_draw": tokens - kept}
        for kind, amount in taken.items():
            if amount:
                self.post(kind, amount, now, grant)
        return [amount for amount in taken.values() if amount]

    def overdraw(self, feature: str, tokens: Decimal, now: datetime) -> int:
        lot = Lot(len(self.lots) + 1, feature, tokens, ZERO)
        self.lots.append(lot)
        self.post("overage", tokens, now, lot=lot)
        return lot.number

    def sweep(self, now: datetime) -> None:
        """Book what has expired as expired."""
        over = [grant for grant in self.grants if grant.is_over(now) and grant.remaining]
        for grant in sorted(over, key=lambda g: (g.expires_at, g.number)):
            self.post("expire", grant.remaining, now, grant)

    def give_back(self, grant: Grant, tokens: Decimal, now: datetime) -> bool:
        """Return `tokens` spent to their grant. Whether they stay: what is void or over lapses again at once."""
        self.post("restore", tokens, now, grant)
        if grant.is_void:
            self.post("void", tokens, now, grant)
        elif grant.is_over(now):
            self.post("expire", tokens, now, grant)
        return not (grant.is_void or grant.is_over(now))

    def grant(self, number: int) -> Grant:
        return next(grant for grant in self.grants if grant.number == number)
