"""What was paid for a grant, shared out as its tokens move: earned, owed, lost by expiry, given back, moved on.

A grant of N tokens for which P was paid stands on a scale from 0 to N. `cumulated(x)` is P × x ÷ N, rounded half up to
the currency's smallest amount. Spent tokens fill the scale from the left. Tokens that are taken back or moved on leave
it at its right end, with what they were paid with: that is kept, and never changes again. Next to that end stand those
that expired or lapsed; what is left in the middle is deferred. So no sum is below zero, and all of them are P.

An order may change what is paid for a grant without a token that moves (`Repriced`): then the scale is drawn anew, at
the point that spent tokens reach, so that what is left has a price of its own and what was earned stays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from math import floor

from billing.rules.money import places_of
from config.kernel.amounts import TOKEN_PLACES

NOTHING = Decimal(0)
MOVES: dict[str, dict[str, int]] = {
    "grant": {},
    "transfer_in": {},
    "draw": {"spent": 1},
    "repay": {"spent": 1},
    "late_draw": {"spent": 1, "expired": -1},
    "restore": {"spent": -1},
    "expire": {"expired": 1},
    "late_hold": {"expired": -1},
    "void": {"voided": 1},
    "lapse": {"expired": 1},
    "transfer_out": {"moved": 1},
}
"""Which counts of a grant each kind of ledger entry raises and lowers by its amount.

lapse: an entry of kind void by which tokens lapsed that came back to a grant that had been voided. Nothing is refunded.
"""
LEAVING = {"void": "refunded", "transfer_out": "transferred"}
"""Which sum gets the money of tokens that leave the scale at its right end."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Money of one grant or of a change to it, in one currency; `deferred` is owed in tokens still."""

    recognised: Decimal = NOTHING
    breakage: Decimal = NOTHING
    refunded: Decimal = NOTHING
    transferred: Decimal = NOTHING
    deferred: Decimal = NOTHING

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Sums)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(Sums)))

    @property
    def total(self) -> Decimal:
        return self.recognised + self.breakage + self.refunded + self.transferred + self.deferred


@dataclass(frozen=True, slots=True)
class Repriced:
    """Where a grant stood, with the money that it had from then on. spent, remaining: tokens; money is `recognised`
    and `deferred`. lost: was earned without tokens that carry it, because they were taken back and not refunded.
    """

    paid: Decimal
    spent: Decimal
    remaining: Decimal
    recognised: Decimal
    deferred: Decimal
    lost: Decimal
    refunded: Decimal
    transferred: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant as finance sees it. tokens: handed out at its making; the other counts are of these.

    paid: for all of them, in amounts of `places` decimals. refunded, transferred: went with tokens that left.
    repriced: the last change of its money, if there was any.
    """

    paid: Decimal
    tokens: Decimal
    places: int = 2
    spent: Decimal = NOTHING
    expired: Decimal = NOTHING
    voided: Decimal = NOTHING
    moved: Decimal = NOTHING
    refunded: Decimal = NOTHING
    transferred: Decimal = NOTHING
    repriced: Repriced | None = None

    @property
    def is_free(self) -> bool:
        return not self.paid

    @property
    def remaining(self) -> Decimal:
        """Tokens that are left, held ones too."""
        return self._end - self.expired - self.spent

    @property
    def sums(self) -> Sums:
        """Where what was paid stands now; together it is `paid`."""
        to_end, to_live = self.cumulated(self._end), self.cumulated(self._end - self.expired)
        to_spent, lost = self.cumulated(self.spent), self.repriced.lost if self.repriced else NOTHING
        return Sums(
            recognised=to_spent,
            breakage=lost + to_end - to_live,
            refunded=self.refunded,
            transferred=self.transferred,
            deferred=to_live - to_spent,
        )

    @property
    def _end(self) -> Decimal:
        return self.tokens - self.moved - self.voided

    def cumulated(self, tokens: Decimal) -> Decimal:
        """What so many tokens from the left of the scale were paid with, rounded half up to the smallest amount."""
        change = self.repriced
        if change is None:
            return self._part(self.paid, tokens, self.tokens)
        if tokens <= change.spent:
            return self._part(change.recognised, tokens, change.spent)
        return change.recognised + self._part(change.deferred, tokens - change.spent, change.remaining)

    def _part(self, money: Decimal, tokens: Decimal, of: Decimal) -> Decimal:
        if not tokens:
            return NOTHING
        units, part, whole = (
            int(money.scaleb(self.places)),
            int(tokens.scaleb(TOKEN_PLACES)),
            int(of.scaleb(TOKEN_PLACES)),
        )
        return Decimal((2 * units * part + whole) // (2 * whole)).scaleb(-self.places)

    def after(self, kind: str, amount: Decimal) -> Standing:
        """The grant once a ledger entry of this kind has moved so many tokens. KeyError of a kind without a grant."""
        changes = {name: getattr(self, name) + sign * amount for name, sign in MOVES[kind].items()}
        if kind in LEAVING:
            money = self.cumulated(self._end) - self.cumulated(self._end - amount)
            changes[LEAVING[kind]] = getattr(self, LEAVING[kind]) + money
        return replace(self, **changes)

    def anew(self, change: Repriced) -> Standing:
        """The grant once its money has changed, no token having moved."""
        return replace(
            self,
            paid=change.paid,
            refunded=change.refunded,
            transferred=change.transferred,
            repriced=change,
        )


def standing_of(paid: Fraction, tokens: Decimal, currency: str) -> Standing:
    """A grant at its making. paid: is rounded half up to the currency's smallest amount."""
    places = places_of(currency)
    units = floor(paid * 10**places + Fraction(1, 2))
    return Standing(Decimal(units).scaleb(-places), tokens, places)
