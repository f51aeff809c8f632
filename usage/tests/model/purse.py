"""One wallet: grants, the order they are drawn in, what holds keep, overage, and the ledger that tells it all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from usage.tests.model.grants import REPAYING, ZERO, Grant
from usage.tests.model.keeping import Hold
from usage.tests.model.stock import Stock


@dataclass
class Lot:
    """One item's overage. `tokens = open + repaid + reversed + settled`."""

    number: int
    feature: str
    tokens: Decimal
    open: Decimal
    repaid: Decimal = ZERO
    reversed: Decimal = ZERO
    settled: Decimal = ZERO


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
    "settle": ({}, -1),
    "credit": ({}, 0),
    "transfer_out": ({"tokens": -1, "remaining": -1}, 0),
    "transfer_in": ({"tokens": 1, "remaining": 1}, 0),
    "late_hold": ({"expired": -1, "remaining": 1}, 0),
}


@dataclass
class Purse:
    unit: str
    grants: list[Grant] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    repayments: list[Repayment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    stock: Stock = field(default_factory=Stock)

    def copy(self) -> Purse:
        return Purse(
            self.unit,
            [replace(grant) for grant in self.grants],
            [replace(lot) for lot in self.lots],
            [replace(repayment) for repayment in self.repayments],
            list(self.entries),
            [hold.copy() for hold in self.holds],
            self.stock.copy(),
        )

    # What it holds

    @property
    def overage(self) -> Decimal:
        return sum((lot.open for lot in self.lots), ZERO)

    @property
    def held(self) -> Decimal:
        return sum((grant.held for grant in self.grants), ZERO)

    @property
    def room_held(self) -> Decimal:
        return sum((hold.room for hold in self.holds), ZERO)

    @property
    def balance(self) -> Decimal:
        return sum((grant.remaining for grant in self.grants), ZERO) - self.overage

    def available(self, now: datetime) -> Decimal:
        return sum((grant.free for grant in self.in_force(now)), ZERO)

    def by_kind(self, now: datetime) -> dict[str, Decimal]:
        split: dict[str, Decimal] = {}
        for grant in self.in_force(now):
            split[grant.kind] = split.get(grant.kind, ZERO) + grant.free
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
        self.stock.owe(self.overage, entry.number)
        if grant is not None:
            assert grant.tokens == grant.remaining + grant.spent + grant.expired + grant.voided
            assert min(grant.free, grant.held, grant.spent, grant.expired, grant.voided) >= 0
        assert all(
            x.open >= 0 and x.tokens == x.open + x.repaid + x.reversed + x.settled
            for x in self.lots
            if x is not lot
        )

    def book(self, grant: Grant, now: datetime, kind: str = "grant") -> None:
        """Add a grant of `grant.tokens`; it comes into force at once where its start is not ahead."""
        amount, grant.tokens = grant.tokens, ZERO
        self.grants.append(grant)
        self.post(kind, amount, now, grant)
        if grant.effective_at <= now:
            self.come_into_force(grant, now, is_moved=kind == "transfer_in")

    def settle(self, now: datetime) -> None:
        """Let grants start and holds end whose instant has passed, in their order; at one instant the ends first."""
        starts = [grant for grant in self.grants if grant.is_pending and grant.effective_at <= now]
        ends = [hold for hold in self.holds if hold.state == "held" and hold.expires_at <= now]
        due: list[tuple[tuple[datetime, bool, datetime, int], Grant | Hold]] = [
            *(((g.effective_at, True, g.created_at, g.number), g) for g in starts),
            *(((h.expires_at, False, h.created_at, h.number), h) for h in ends),
        ]
        for _, each in sorted(due, key=lambda pair: pair[0]):
            if isinstance(each, Grant):
                self.come_into_force(each, now)
            else:
                self.end(each, "expired", now, each.expires_at)

    def come_into_force(self, grant: Grant, now: datetime, *, is_moved: bool = False) -> None:
        """Repay, and begin anew to count what is gone. What was voided before it started comes into no force."""
        grant.is_pending = False
        if grant.is_void:
            return
        self._repay(grant, now)
        began_at = max(grant.effective_at, grant.created_at)
        is_purchase = grant.kind == "purchase" and not is_moved
        self.stock.begin(self.available(began_at), grant.tokens if is_purchase else None)

    def _repay(self, grant: Grant, now: datetime) -> None:
        for lot in self.lots if grant.kind in REPAYING else ():
            amount = min(lot.open, grant.free)
            if amount and grant.covers(lot.feature):
                lot.repaid += amount
                self.repayments.append(Repayment(lot.number, grant.number, amount))
                self.post("repay", amount, now, grant, lot)

    def invoice(self, count: int, now: datetime) -> None:
        """Settle what the oldest `count` lots that owe still owe: a final invoice carries it."""
        for lot in [lot for lot in self.lots if lot.open][:count]:
            lot.settled += lot.open
            self.post("settle", lot.open, now, lot=lot)

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
        kept = min(tokens, grant.free)
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
        over = [grant for grant in self.grants if grant.is_over(now) and grant.free]
        for grant in sorted(over, key=lambda g: (g.expires_at, g.number)):
            self.post("expire", grant.free, now, grant)

    # What holds keep

    def pin(self, hold: Hold, number: int, tokens: Decimal, now: datetime) -> None:
        """Keep tokens of a grant; what had been booked as expired comes back to what remains."""
        grant = self.grant(number)
        if tokens > grant.free:
            self.post("late_hold", tokens - grant.free, now, grant)
        grant.held += tokens
        hold.pin(number, tokens)

    def end(self, hold: Hold, state: str, now: datetime, ended_at: datetime) -> None:
        """Give back all it keeps. What returns to a grant that is void, or was over when it ended, lapses at once."""
        hold.ended_at = ended_at
        hold.state, hold.room = state, ZERO
        for pin in hold.pins:
            tokens, pin.held = pin.held, ZERO
            pin.released += tokens
            grant = self.grant(pin.grant)
            grant.held -= tokens
            if tokens and (grant.is_void or grant.is_over(ended_at)):
                self.post("void" if grant.is_void else "expire", tokens, now, grant)

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
