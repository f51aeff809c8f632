"""What active lines add up to beside tokens, pushed down where it differs from what was pushed last.

Seats and included units are added to what people set at a desk; access is opened beside what they opened. A rate table,
a policy and a mode take the place of what the account had, and give it back at the end where nobody changed it since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from billing.models import PushedTerm
from billing.queries.desk_terms import desk_allowance, desk_openings, desk_seats, present_seats
from billing.rules import adding_up, offers
from billing.rules.adding_up import Key, Told
from usage.queries.access import facts_of
from usage.queries.policies import own_policy
from usage.queries.terms import own_terms
from usage.rules.access import EVERYTHING, PORTFOLIO, Says
from usage.rules.enrolment import Enrolment
from usage.services import entitling, limiting, terms
from usage.services.authors import Author
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder
from wallets.models import Account
from wallets.services import ledger

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Push:
    """To whom, in whose name and when it is pushed, under the account's lock."""

    account: Account
    author: Author
    moment: datetime


def lock(account_id: UUID) -> str:
    """Lock an account for what its orders give, and the shared terms before it; answers its state.

    Whether it goes back to a segment shows only under its lock, and then it would be too late to ask for them.

    Raises AccountMissing, Unavailable.
    """
    terms.hold_shared_terms()
    return ledger.lock(account_id)


def push(at: Push, wanted: Mapping[Key, Told]) -> list[PushedTerm]:
    """Push what is wanted by kind and pattern, and take back what is not wanted any more; answers all as they stand.

    Raises UnknownTable, and what the services below refuse.
    """
    known = {(row.kind, row.pattern): row for row in PushedTerm.objects.filter(account=at.account)}
    rows = []
    for key in sorted({*known, *wanted}):
        kind, pattern = key
        row = known.get(key) or PushedTerm(account=at.account, kind=kind, pattern=pattern, facts=[])
        told = _as_it_began(row, wanted.get(key))
        facts = list(row.facts)
        _PUSHES[kind](at, row, told)
        if row.told != told or row.facts != facts or row.pk is None:
            row.told, row.recorded_at = told, at.moment
            row.save()
        rows.append(row)
    return rows


def _as_it_began(row: PushedTerm, told: Told | None) -> Told | None:
    """Included units stay in the windows in which they began, whichever line began first."""
    if row.kind == adding_up.ALLOWANCE and row.told and told and row.told["period"] == told["period"]:
        return told | {"anchor": row.told["anchor"]}
    return told


def _seats(at: Push, row: PushedTerm, told: Told | None) -> None:
    desk = desk_seats(at.account.pk, row.pattern, row.facts, at.moment)
    if told is None and row.told is None:
        return
    share = told["seats"] if told else None
    total = None if share is None and desk is None else (share or 0) + (desk or 0)
    if total == present_seats(at.account.pk, row.pattern, at.moment):
        return
    given = limiting.give_seats(
        account_id=at.account.pk, pattern=row.pattern, seats=total, author=at.author, now=at.moment
    )
    row.facts = [*row.facts, given.pk]


def _allowance(at: Push, row: PushedTerm, told: Told | None) -> None:
    """Where people include units of the same in other windows, theirs stand and the orders' rest."""
    if told is None and row.told is None:
        return
    desk = desk_allowance(at.account.pk, row.pattern, row.facts, at.moment)
    order = _included(row.pattern, told, desk)
    if order is None or order == _standing(at, row):
        return
    made = limiting.include(account_id=at.account.pk, order=order, author=at.author, now=at.moment)
    row.facts = [*row.facts, made.pk]


def _included(pattern: str, told: Told | None, desk: AllowanceOrder | None) -> AllowanceOrder | None:
    if told is None:
        return desk or AllowanceOrder(pattern, None, "month")
    anchor = None if told["anchor"] is None else date.fromisoformat(told["anchor"])
    carries = None if told["carries"] is None else Decimal(told["carries"])
    own = AllowanceOrder(pattern, Decimal(told["units"]), told["period"], anchor, carries)
    if desk is None or desk.units is None:
        return own
    if desk.period != own.period:
        return desk
    carries = None
    if own.carries is not None or desk.carries is not None:
        carries = (own.carries or NOTHING) + (desk.carries or NOTHING)
    return replace(desk, units=Decimal(told["units"]) + desk.units, carries=carries)


def _standing(at: Push, row: PushedTerm) -> AllowanceOrder:
    found = desk_allowance(at.account.pk, row.pattern, (), at.moment)
    return found or AllowanceOrder(row.pattern, None, "month")


def _access(at: Push, row: PushedTerm, told: Told | None) -> None:
    if told == row.told:
        return
    if told is not None:
        _say(at, row, AccessOrder(row.pattern, "open"))
        return
    openings = desk_openings(at.account.pk, row.pattern, row.facts, at.moment)
    says = Says(facts_of(at.account.pk, row.pattern), at.moment).of(row.pattern)
    if says is None or says.kind != "open":
        return
    _say(at, row, AccessOrder(row.pattern, "none"))
    for fact in openings:  # what ends all that was said takes along what people said: it is said again
        order = AccessOrder(row.pattern, fact.kind, effective_until=fact.effective_until)
        entitling.say(account_id=at.account.pk, order=order, author=at.author, now=at.moment)


def _say(at: Push, row: PushedTerm, order: AccessOrder) -> None:
    said = entitling.say(account_id=at.account.pk, order=order, author=at.author, now=at.moment)
    row.facts = [*row.facts, said.pk]


def _rate_table(at: Push, row: PushedTerm, told: Told | None) -> None:
    if told == row.told:
        return
    own = own_terms(at.account.pk, at.moment)
    table = own.table.code if own and own.table else None
    segment = own.segment.code if own and own.segment else None
    if told is not None:
        if row.told is None:
            row.before = {"rate_table": table, "segment": segment}
        _enrol(at, Enrolment(rate_table=told["rate_table"]))
    elif row.told and table == row.told["rate_table"] and row.before:
        before = row.before
        asked = (
            Enrolment(segment=before["segment"])
            if before["segment"]
            else Enrolment(rate_table=before["rate_table"])
        )
        _enrol(at, asked)


def _policy(at: Push, row: PushedTerm, told: Told | None) -> None:
    if told == row.told:
        return
    present = offers.policy_kept(own_policy(at.account.pk))
    if told is not None:
        if row.told is None:
            row.before = {"policy": present}
        _enrol(at, Enrolment(policy=offers.policy_read(told["policy"])))
    elif row.told and present == row.told["policy"] and row.before is not None:
        _enrol(at, Enrolment(policy=offers.policy_read(row.before["policy"])))


def _entitlements(at: Push, row: PushedTerm, told: Told | None) -> None:
    if told == row.told:
        return
    present = Says(facts_of(at.account.pk, EVERYTHING), at.moment).mode
    if told is not None:
        if row.told is None:
            row.before = {"mode": present}
        mode = told["mode"]
    elif row.told and present == row.told["mode"] and row.before:
        mode = row.before["mode"]
    else:
        return
    entitling.set_mode(account_id=at.account.pk, mode=mode or PORTFOLIO, author=at.author, now=at.moment)


def _enrol(at: Push, asked: Enrolment) -> None:
    terms.enrol(reference=at.account.reference, asked=asked, author=at.author, now=at.moment)


_PUSHES: Mapping[str, Callable[[Push, PushedTerm, Told | None], None]] = {
    adding_up.SEATS: _seats,
    adding_up.ALLOWANCE: _allowance,
    adding_up.ACCESS: _access,
    adding_up.RATE_TABLE: _rate_table,
    adding_up.POLICY: _policy,
    adding_up.ENTITLEMENTS: _entitlements,
}
