"""A month of a wallet, told in lines that lead from its balance at the beginning to the one at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

NOTHING = Decimal(0)
PAID, FREE, USED, BACK, ENDED, OTHER = "paid", "free", "used", "back", "ended", "other"
HEADINGS: Mapping[str, str] = {
    PAID: "Paid for",
    FREE: "Free of charge",
    USED: "Spent on usage",
    BACK: "Given back",
    ENDED: "Expired or taken back",
    OTHER: "Other movements",
}
_GRANTED = {
    "purchase": (PAID, "Tokens bought"),
    "included": (FREE, "Tokens included in what was bought"),
    "trial": (FREE, "Trial tokens"),
    "promo": (FREE, "Tokens of promotions"),
    "adjustment": (FREE, "Tokens put right"),
}
_MOVED = {
    "transfer_in": (OTHER, "Moved in from another account"),
    "transfer_out": (OTHER, "Moved out to another account"),
    "restore": (BACK, "Usage given back"),
    "overage_reversal": (BACK, "Overage taken off again"),
    "late_hold": (BACK, "Expired tokens that work under way may use"),
    "expire": (ENDED, "Expired, unused"),
    "void": (ENDED, "Taken back"),
    "settle": (OTHER, "Overage carried by an invoice"),
}
_ORDER = {group: place for place, group in enumerate(HEADINGS)}


@dataclass(frozen=True, slots=True)
class Moved:
    """What entries of one kind came to. by: how much the balance changed. amount: their amounts, positive."""

    kind: str
    grant_kind: str
    by: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Used:
    """What debits charged for one feature, positive."""

    code: str
    name: str
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class StatementLine:
    """tokens: as it changes the balance, with its sign."""

    group: str
    words: str
    tokens: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """A wallet from `since` to before `until`. closing: as the books have it. is_so_far: the month is not over."""

    month: date
    since: datetime
    until: datetime
    unit: str
    opening: Decimal
    lines: Sequence[StatementLine]
    closing: Decimal
    is_so_far: bool

    @property
    def change(self) -> Decimal:
        return sum((line.tokens for line in self.lines), NOTHING)

    @property
    def adds_up(self) -> bool:
        """Whether the lines lead from the one balance to the other."""
        return self.opening + self.change == self.closing

    @property
    def groups(self) -> list[tuple[str, list[StatementLine], Decimal]]:
        """The lines under their headings, with what they come to."""
        found = []
        for group, heading in HEADINGS.items():
            lines = [line for line in self.lines if line.group == group]
            if lines:
                found.append((heading, lines, sum((line.tokens for line in lines), NOTHING)))
        return found

    @property
    def called(self) -> str:
        return f"{self.month:%B %Y}"


def lines_of(moved: Sequence[Moved], used: Sequence[Used]) -> list[StatementLine]:
    """The lines, in order of their groups.

    Usage is told by feature, from its debits. What expired tokens paid of it left the balance when they expired, so a
    line of its own takes it off the usage. Repaid overage and credited invoices move no balance.
    """
    lines = [StatementLine(USED, each.name, -each.tokens) for each in used if each.tokens]
    late = NOTHING
    for each in moved:
        if each.kind == "late_draw":
            late += each.amount
        elif each.by:
            found = _GRANTED.get(each.grant_kind) if each.kind == "grant" else _MOVED.get(each.kind)
            if found is not None:
                lines.append(StatementLine(*found, each.by))
    if late:
        lines.append(StatementLine(USED, "Of it paid by tokens that had expired before", late))
    return sorted(_together(lines), key=lambda line: _ORDER[line.group])


def _together(lines: Sequence[StatementLine]) -> list[StatementLine]:
    found: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        place = line.group, line.words
        found[place] = found.get(place, NOTHING) + line.tokens
    return [StatementLine(*place, tokens) for place, tokens in found.items()]
