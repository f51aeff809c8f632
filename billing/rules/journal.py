"""A month as a journal: double entry, a row of a grant's or a fee's month at a time, each balanced in itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.kernel.amounts import plain
from config.kernel.csv_lines import csv_line
from config.kernel.neutral import neutral

COLUMNS = ("date", "account_code", "account_name", "customer", "debit", "credit", "reference", "memo")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account of the general ledger."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Moved:
    """What a month moved of one grant for one product, as `GrantMonth` keeps it."""

    customer: str
    grant: str
    kind: str
    product: str
    paid: Decimal = ZERO
    received: Decimal = ZERO
    recognised: Decimal = ZERO
    breakage: Decimal = ZERO
    refunded: Decimal = ZERO
    transferred: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Billed:
    """What a month moved of a fee or of overage, as `BilledMonth` keeps it. source: what it came from."""

    customer: str
    source: str
    kind: str
    product: str
    said: str
    billed: Decimal = ZERO
    earned: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal: a debit or a credit, the other is zero."""

    role: str
    customer: str
    debit: Decimal
    credit: Decimal
    reference: str
    memo: str


# Which sum of a month is booked from which account to which, and what it is called.
_BOOKINGS: tuple[tuple[str, str, str, str], ...] = (
    ("paid", "receivable", "deferred", "tokens sold"),
    ("received", "transfers", "deferred", "tokens received from another account"),
    ("recognised", "deferred", "revenue", "tokens used"),
    ("breakage", "deferred", "breakage", "tokens expired"),
    ("refunded", "deferred", "refunds", "tokens taken back"),
    ("transferred", "deferred", "transfers", "tokens moved to another account"),
)
# What is billed before it is earned is owed; what is earned before it is billed is receivable all the same.
_BILLED: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "fee": (("billed", "receivable", "unearned", "billed"), ("earned", "unearned", "fees", "earned")),
    "overage": (("billed", "receivable", "unbilled", "billed"), ("earned", "unbilled", "overage", "earned")),
}


def lines_of(moved: Moved | Billed) -> Iterator[Line]:
    """Two lines for each sum that is not zero, of the same amount on either side; what is below zero changes sides."""
    if isinstance(moved, Billed):
        bookings, reference, about = _BILLED[moved.kind], moved.source, moved.said and f" ({moved.said})"
    else:
        bookings, reference, about = _BOOKINGS, moved.grant, ""
    for name, debited, credited, said in bookings:
        amount: Decimal = getattr(moved, name)
        if not amount:
            continue
        if amount < 0:
            debited, credited, amount, said = credited, debited, -amount, f"{said}, given back"
        memo = f"{moved.kind}: {said}" + (f" for {moved.product}" if moved.product else "")
        memo += about
        yield Line(debited, moved.customer, amount, ZERO, reference, memo)
        yield Line(credited, moved.customer, ZERO, amount, reference, memo)


def as_csv(
    lines: Iterable[Line], accounts: Mapping[str, LedgerAccount], day: date, places: int
) -> Iterator[str]:
    """The journal as CSV, line by line; amounts have the currency's decimals.

    accounts: of the general ledger, by role. day: on which it is booked.

    Raises ValueError at the end where debits are not credits.
    """
    yield csv_line(COLUMNS)
    debits = credits = ZERO
    for line in lines:
        account = accounts[line.role]
        debits, credits = debits + line.debit, credits + line.credit
        yield csv_line(
            (
                day.isoformat(),
                neutral(account.code),
                neutral(account.name),
                neutral(line.customer),
                plain(line.debit, places) if line.debit else "",
                plain(line.credit, places) if line.credit else "",
                line.reference,
                neutral(line.memo),
            )
        )
    if debits != credits:
        raise ValueError(f"Debits are {debits} and credits {credits}: this journal does not balance.")
