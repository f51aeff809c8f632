"""What a page says: the cells of its tables, the figures of its cards, and how figures are written there."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any


@dataclass
class Cell:
    """A cell of a table, or a name or figure of a card."""

    classes: tuple[str, ...]
    text: str = ""


@dataclass
class _Told(HTMLParser):
    """Rows of tables, and the pairs of definition lists, in the order of the page."""

    rows: list[list[Cell]] = field(default_factory=list)
    pairs: list[list[Cell]] = field(default_factory=list)
    _into: Cell | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("tr", "dt"):
            (self.rows if tag == "tr" else self.pairs).append([])
        if tag in ("td", "th", "dt", "dd"):
            self._into = Cell(tuple((dict(attrs).get("class") or "").split()))
            kept = self.rows if tag in ("td", "th") else self.pairs
            kept[-1].append(self._into)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "dt", "dd"):
            self._into = None

    def handle_data(self, text: str) -> None:
        if self._into is not None:
            self._into.text = " ".join(f"{self._into.text} {text}".split())


def rows_of(response: Any) -> list[list[str]]:
    """The rows of all tables of a page, as a person reads them."""
    return [[cell.text for cell in row] for row in _told(response).rows]


def column_of(response: Any, name: str) -> list[str]:
    """A column of a list of the admin, from its first row to its last."""
    found = (cell for row in _told(response).rows for cell in row)
    return [cell.text for cell in found if f"field-{name}" in cell.classes]


def figures_of(response: Any) -> dict[str, str]:
    """The figures of the cards of a page, by their names; of names that are there twice the last."""
    return {name.text: figures[0].text for name, *figures in _told(response).pairs if figures}


def read(amount: Decimal) -> str:
    """An exact amount as a person reads it."""
    whole, _, part = f"{amount:,f}".partition(".")
    return ".".join(filter(None, (whole, part.rstrip("0")))).replace("-", "\N{MINUS SIGN}")


def money(amount: Decimal) -> str:
    """An amount of a currency of cents as a person reads it."""
    return f"{amount:,.2f}".replace("-", "\N{MINUS SIGN}")


def _told(response: Any) -> _Told:
    told = _Told()
    told.feed(response.content.decode())
    return told
