"""What is compared with what, and how two sets of records differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

KINDS = [
    ("debit", "Debit against ledger"),
    ("reversal", "Reversal against ledger"),
    ("event", "Event against debits"),
    ("portion", "Order against grants, tokens"),
    ("portion_money", "Order against grants, money"),
    ("period", "Order without its period"),
    ("overage", "Overage against invoices"),
    ("settlement", "Invoice against ledger"),
    ("invoice", "Invoice against its lines"),
    ("charge", "Order against invoices"),
    ("missing_here", "Elsewhere and not here"),
    ("missing_there", "Here and not elsewhere"),
    ("differs", "Otherwise elsewhere"),
]
DAYS_AT_ONCE = 7
MOST = 1000
"""How many gaps of one kind a week may have; whatever is beyond shows when these are mended."""


@dataclass(frozen=True, slots=True)
class Found:
    """A gap that a comparison found. ours, theirs: None where that book has nothing of it."""

    kind: str
    subject: str
    day: date
    customer: UUID | None
    ours: Decimal | None
    theirs: Decimal | None
    measure: str
    said: str = ""

    @property
    def key(self) -> tuple[str, str, date]:
        return self.kind, self.subject, self.day


@dataclass(frozen=True, slots=True)
class Theirs:
    """One record of another system. kind: such as `invoice`. external_id: its name there, which we know it by.

    account: our reference of the customer. amount: in `currency`, which may be a token unit.
    """

    kind: str
    external_id: str
    account: str
    amount: Decimal
    currency: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Ours:
    """The same of one record of ours."""

    kind: str
    external_id: str
    account: str
    customer: UUID | None
    amount: Decimal
    currency: str
    occurred_on: date


def compared(system: str, ours: Iterable[Ours], theirs: Iterable[Theirs]) -> Iterator[Found]:
    """How another system's records differ from ours: missing here, missing there, or another amount.

    Records are the same by kind and external id. One that is there twice is compared by its sum.
    """
    here = _summed(ours)
    there = _summed(theirs)
    for key in sorted(here.keys() | there.keys()):
        own, other = here.get(key), there.get(key)
        record = own or other
        assert record is not None
        kind = "missing_there" if other is None else "missing_here" if own is None else "differs"
        if own and other and own.same_as(other):
            continue
        account = f" of {record.account}" if record.account else ""
        yield Found(
            kind,
            f"{system} {key[0]} {key[1]}"[:200],
            record.day,
            own.customer if own else None,
            own.amount if own else None,
            other.amount if other else None,
            record.currency,
            f"{key[0].capitalize()} {key[1]}{account} in {system}."
            + (
                f" There it is in {other.currency}."
                if own and other and own.currency != other.currency
                else ""
            ),
        )


@dataclass(slots=True)
class _Sum:
    amount: Decimal
    currency: str
    account: str
    day: date
    customer: UUID | None = None

    def same_as(self, other: _Sum) -> bool:
        return (self.amount, self.currency) == (other.amount, other.currency)


def _summed(records: Iterable[Ours | Theirs]) -> dict[tuple[str, str], _Sum]:
    found: dict[tuple[str, str], _Sum] = {}
    for each in records:
        key = (each.kind, each.external_id)
        if key in found:
            found[key].amount += each.amount
        else:
            customer = each.customer if isinstance(each, Ours) else None
            found[key] = _Sum(each.amount, each.currency, each.account, each.occurred_on, customer)
    return found


def weeks(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from first to last, both included, in parts of a week at most."""
    while first <= last:
        until = min(first + timedelta(days=DAYS_AT_ONCE - 1), last)
        yield first, until
        first = until + timedelta(days=1)
