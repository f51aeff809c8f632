"""What an order changes in the money of its grants: which of them carry more or less of it, to the smallest amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from billing.rules.recognition import Repriced, Standing
from config.kernel.amounts import EXACT

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A grant, and what a version of an order has just taken back of it. given_back: money that goes with that.

    is_live: it has neither expired nor been voided, so that its tokens that are left can carry money.
    """

    stands: Standing
    given_back: Decimal
    is_live: bool


def shared(money: Decimal, weights: Sequence[Decimal], places: int) -> list[Decimal]:
    """The money in parts by weight, each in smallest amounts; together they are all of it."""
    whole, passed, done, parts = sum(weights, NOTHING), NOTHING, NOTHING, []
    for weight in weights:
        passed += weight
        reached = EXACT.divide(EXACT.multiply(money, passed), whole).quantize(
            Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT
        )
        parts.append(reached - done)
        done = reached
    return parts


def come_to(carriers: Sequence[Carrier], change: Decimal, *, is_end: bool) -> list[Repriced | None]:
    """Let the grants cost so much more than they do, or less, as far as they can; None where one stays as it is.

    More is first what was to be given back, then carried by the tokens that are left, else by those that were spent;
    where there are none of these either, what was to be given back is earned without.
    Less is given back, of what is owed in tokens: what was earned stays. is_end: all that is left was taken back; what
    is then not given back is lost to the customer.
    """
    changed = [now_of(each.stands) for each in carriers]
    if change < 0:
        _give_back(carriers, changed, -change)
    elif change > 0:
        rest = _keep(carriers, changed, change, is_end=is_end)
        if rest and not is_end:
            _raise(carriers, changed, rest)
    return [
        None if after == now_of(each.stands) else after for each, after in zip(carriers, changed, strict=True)
    ]


def now_of(stands: Standing) -> Repriced:
    """Where a grant's money stands, as a change of it that changes nothing."""
    sums = stands.sums
    return Repriced(
        paid=stands.paid,
        spent=stands.spent,
        remaining=stands.remaining,
        recognised=sums.recognised,
        deferred=sums.deferred,
        lost=sums.breakage,
        refunded=sums.refunded,
        transferred=sums.transferred,
    )


def _give_back(carriers: Sequence[Carrier], changed: list[Repriced], less: Decimal) -> None:
    owed = [row.deferred if each.is_live else NOTHING for each, row in zip(carriers, changed, strict=True)]
    if not any(owed):
        return
    parts = shared(min(less, sum(owed, NOTHING)), owed, carriers[0].stands.places)
    for place, part in enumerate(parts):
        row = changed[place]
        changed[place] = replace(row, deferred=row.deferred - part, refunded=row.refunded + part)


def _keep(carriers: Sequence[Carrier], changed: list[Repriced], more: Decimal, *, is_end: bool) -> Decimal:
    """Give back less of what was taken back; answers what is still to be carried."""
    is_carried = not is_end and any(
        each.is_live and row.remaining for each, row in zip(carriers, changed, strict=True)
    )
    for place, each in enumerate(carriers):
        row = changed[place]
        if is_carried and not (each.is_live and row.remaining):
            continue
        name = "deferred" if is_carried else "recognised" if row.spent and not is_end else "lost"
        part = min(each.given_back, more)
        changed[place] = replace(row, refunded=row.refunded - part, **{name: getattr(row, name) + part})
        more -= part
    return more


def _raise(carriers: Sequence[Carrier], changed: list[Repriced], more: Decimal) -> None:
    live = [each.is_live for each in carriers]
    for name, counted in (("deferred", "remaining"), ("recognised", "spent")):
        weights = [
            getattr(row, counted) if is_live else NOTHING for row, is_live in zip(changed, live, strict=True)
        ]
        if not any(weights):
            continue
        for place, part in enumerate(shared(more, weights, carriers[0].stands.places)):
            row = changed[place]
            changed[place] = replace(row, paid=row.paid + part, **{name: getattr(row, name) + part})
        return
