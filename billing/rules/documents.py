"""An invoice or a credit note as it is read on paper, whatever it is written with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.rules.money import places_of, written
from config.kernel.amounts import plain


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a document. unit: what one of the quantity is, if it has a name. amount: in the document's currency."""

    description: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal


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
    def is_draft(self) -> bool:
        return not self.number

    @property
    def name(self) -> str:
        """As a file is named, without its ending."""
        return f"{self.title.lower().replace(' ', '-')}-{self.number or 'draft'}"

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Description, quantity, price and amount of each line, as text."""
        return [
            (
                item.description,
                "" if item.quantity is None else f"{_grouped(item.quantity)} {item.unit}".strip(),
                "" if item.unit_price is None else _grouped(item.unit_price),
                f"{item.amount:,.{places_of(self.currency)}f}",
            )
            for item in self.items
        ]

    @property
    def sum(self) -> str:
        return written(self.total, self.currency)


def overage_of(name: str) -> str:
    """How a line of a feature's overage is called."""
    return f"Usage beyond prepaid tokens: {name}"


def _grouped(amount: Decimal) -> str:
    """An amount with thousands apart and without superfluous zeros."""
    whole, _, part = plain(amount).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''}"
