"""What is read on paper: a quotation, an invoice or a credit note as text, so that whatever prints it needs no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fonts:
    """TrueType files. others: pairs of a plain and a strong one, of letters that those before lack."""

    plain: Path
    strong: Path
    others: Sequence[tuple[Path, Path]] = ()


@dataclass(frozen=True, slots=True)
class PaperLine:
    """cells: a text a column, the first in words. below: what is said under the first, `off` what money it takes off.

    under: what is said under the last cell.
    """

    cells: Sequence[str]
    below: Sequence[str] = ()
    off: Sequence[str] = ()
    under: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """All of it as text. number: empty for a draft. seller, buyer: who it is, line by line, the name first.

    facts: stand beside the buyer, by label. sums: lead to the total, by label. parts: stand below it, by heading.
    """

    title: str
    number: str
    seller: Sequence[str]
    buyer: Sequence[str]
    facts: Sequence[tuple[str, str]]
    headings: Sequence[str]
    lines: Sequence[PaperLine]
    total: tuple[str, str]
    note: str = ""
    sums: Sequence[tuple[str, str]] = ()
    parts: Sequence[tuple[str, str]] = ()

    @property
    def is_draft(self) -> bool:
        return not self.number

    @property
    def name(self) -> str:
        """As a file is named, without its ending."""
        return f"{self.title}-{self.number or 'draft'}".lower().replace(" ", "-").replace("/", "-")


def party(told: Mapping[str, str]) -> list[str]:
    """Somebody as a letter says it, line by line: the name, the address, the tax number."""
    found = _lines(told.get("name", ""), told.get("address", ""))
    return [*found, f"Tax number {told['tax_id']}"] if told.get("tax_id") else found


def parts_of(seller: Mapping[str, str], *names: tuple[str, str]) -> list[tuple[str, str]]:
    """What a seller says below, by heading, of what is asked for by its name."""
    return [(label, seller[name].strip()) for name, label in names if seller.get(name, "").strip()]


def _lines(*texts: str) -> list[str]:
    return [line.strip() for text in texts for line in text.splitlines() if line.strip()]
