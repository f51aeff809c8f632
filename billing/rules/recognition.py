"""What was paid for a grant, shared out as its tokens move: earned, owed, lost by expiry, given back, moved on.

A grant of N tokens for which P was paid stands on a scale from 0 to N. `cumulated(x)` is P × x ÷ N, rounded half up to
the currency's smallest amount. Spent tokens fill the scale from the left; moved, voided and expired ones from the
right, in this order; what is left in the middle is deferred. So each sum follows from how many tokens are where,
whatever the order in which they came there, no sum is below zero, and all of them are P.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from math import floor

from billing.rules.money import places_of
from config.kernel.amounts import TOKEN_PLACES

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
    "transfer_out": {"moved": 1},
}
"""Which counts of a grant each kind of ledger entry raises and lowers by its amount."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Money of one grant or of a change to it, in one currency; `deferred` is owed in tokens still."""

    recognised: Decimal = Decimal(0)
    breakage: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    transferred: Decimal = Decimal(0)
    deferred: Decimal = Decimal(0)

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Sums)))

    def __sub__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(Sums)))

    @property
    def total(self) -> Decimal:
        return self.recognised + self.breakage + self.refunded + self.transferred + self.deferred


@dataclass(frozen=True, slots=True)
class Standing:
    """A grant as finance sees it. tokens: handed out at its making; the other counts are of these.

    paid: for all of them, in amounts of `places` decimals.
    """

    paid: Decimal
    tokens: Decimal
    places: int = 2
    spent: Decimal = Decimal(0)
    expired: Decimal = Decimal(0)
    voided: Decimal = Decimal(0)
    moved: Decimal = Decimal(0)

    @property
    def is_free(self) -> bool:
        return not self.paid

    @property
    def sums(self) -> Sums:
        """Where what was paid stands now; together it is `paid`."""
        here = self.tokens - self.moved
        kept = here - self.voided
        live = kept - self.expired
        to_here, to_kept, to_live, to_spent = map(self.cumulated, (here, kept, live, self.spent))
        return Sums(
            recognised=to_spent,
            breakage=to_kept - to_live,
            refunded=to_here - to_kept,
            transferred=self.paid - to_here,
            deferred=to_live - to_spent,
        )

    def cumulated(self, tokens: Decimal) -> Decimal:
        """What so many of the tokens were paid with, rounded half up to the smallest amount."""
        paid, part, whole = (
            int(self.paid.scaleb(self.places)),
            int(tokens.scaleb(TOKEN_PLACES)),
            int(self.tokens.scaleb(TOKEN_PLACES)),
        )
        return Decimal((2 * paid * part + whole) // (2 * whole)).scaleb(-self.places)

    def after(self, kind: str, amount: Decimal) -> Standing:
        """The grant once a ledger entry of this kind has moved so many tokens. KeyError of a kind without a grant."""
        changes = {name: getattr(self, name) + sign * amount for name, sign in MOVES[kind].items()}
        return replace(self, **changes)


def standing_of(paid: Fraction, tokens: Decimal, currency: str) -> Standing:
    """A grant at its making. paid: is rounded half up to the currency's smallest amount."""
    places = places_of(currency)
    units = floor(paid * 10**places + Fraction(1, 2))
    return Standing(Decimal(units).scaleb(-places), tokens, places)
