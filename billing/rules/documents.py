"""An invoice or a credit note: its lines as amounts and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.rules.money import digits, written
from billing.rules.paper import Paper, PaperLine, parts_of, party
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
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Description, quantity, price and amount of each line, as text."""
        return [
            (
                item.description,
                "" if item.quantity is None else f"{_grouped(item.quantity)} {item.unit}".strip(),
                "" if item.unit_price is None else _grouped(item.unit_price),
                digits(item.amount, self.currency),
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
            lines=[PaperLine(cells) for cells in self.rows],
            total=("Total", self.sum),
            note=self.note,
            parts=parts_of(
                self.seller, ("bank", "Bank account"), ("terms", "Terms"), ("contact", "Questions")
            ),
        )


def overage_of(name: str) -> str:
    """How a line of a feature's overage is called."""
    return f"Usage beyond prepaid tokens: {name}"


def _grouped(amount: Decimal) -> str:
    """An amount with thousands apart and without superfluous zeros."""
    whole, _, part = plain(amount).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''}"
