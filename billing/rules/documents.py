"""An invoice or a credit note: its lines as amounts and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.rules.money import digits, places_of, written
from billing.rules.paper import Paper, PaperLine, parts_of, party
from config.kernel.amounts import plain, readable


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a document. unit: what one of the quantity is, if it has a name. amount: in the document's currency.

    first_day, last_day: what time it is for. list_amount: before what was taken off.
    """

    description: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal
    first_day: date | None = None
    last_day: date | None = None
    list_amount: Decimal | None = None

    @property
    def period(self) -> str:
        """The days that it is for; empty where it is for none."""
        return "" if self.first_day is None else _days(self.first_day, self.last_day)

    def taken_off(self, currency: str) -> str:
        """What was taken off its list price; empty where nothing was."""
        if self.list_amount is None:
            return ""
        off = self.list_amount - self.amount
        share = f"{off * 100 / self.list_amount:.1f}".removesuffix(".0")
        return f"List price {digits(self.list_amount, currency)}, discount {share} %, {digits(off, currency)}"


class Row(NamedTuple):
    """A line of a document as text."""

    description: str
    quantity: str
    price: str
    amount: str
    period: str
    off: str

    @property
    def details(self) -> list[str]:
        """What stands below the description."""
        return [text for text in (self.period, self.off) if text]


@dataclass(frozen=True, slots=True)
class Document:
    """title: what it is called; number: empty for a draft. facts: what stands beside the addresses, by label."""

    title: str
    number: str
    issued_on: date | None
    seller: Mapping[str, str]
    buyer: Mapping[str, str]
    facts: Sequence[tuple[str, str]]
    items: Sequence[Item]
    currency: str
    total: Decimal
    note: str = ""

    @property
    def rows(self) -> list[Row]:
        """Each line as text."""
        return [
            Row(
                item.description,
                "" if item.quantity is None else f"{readable(item.quantity)} {item.unit}".strip(),
                "" if item.unit_price is None else _priced(item.unit_price, places_of(self.currency)),
                digits(item.amount, self.currency),
                item.period,
                item.taken_off(self.currency),
            )
            for item in self.items
        ]

    @property
    def sum(self) -> str:
        return written(self.total, self.currency)

    @property
    def paper(self) -> Paper:
        return Paper(
            title=self.title,
            number=self.number,
            seller=party(self.seller),
            buyer=party(self.buyer),
            facts=self.facts,
            headings=("Description", "Quantity", "Unit price", f"Amount {self.currency}"),
            lines=[
                PaperLine(row[:4], below=[row.period] if row.period else (), off=[row.off] if row.off else ())
                for row in self.rows
            ],
            total=("Total", self.sum),
            note=self.note,
            parts=parts_of(
                self.seller, ("bank", "Bank account"), ("terms", "Terms"), ("contact", "Questions")
            ),
        )


def overage_of(name: str) -> str:
    """How a line of a feature's overage is called."""
    return f"Usage beyond prepaid tokens: {name}"


def _days(first: date, last: date | None) -> str:
    if last is None or last == first:
        return f"{first:%-d %B %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%-d %B}{year} – {last:%-d %B %Y}"


def _priced(price: Decimal, places: int) -> str:
    """A price with as many decimals as it has, and no fewer than its currency."""
    return f"{price:,.{max(places, len(plain(price).partition('.')[2]))}f}"
