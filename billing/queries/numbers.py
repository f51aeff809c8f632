"""Numbers of invoices, credit notes and quotations as they are written, for lists that are taken along."""

from __future__ import annotations

from django.db.models import Case, CharField, Value, When
from django.db.models.functions import Cast, Concat, Greatest, Length, LPad


def written_number(of: str = "", series: str = "") -> Case:
    """As `numbered` writes it. of: the path to the row that has the number, such as `invoice__`."""
    written = Concat(Value(series), _of_year(of, "sequence", 6))
    return Case(When(**{f"{of}sequence": None}, then=Value("")), default=written)


def quotation_number() -> Case:
    """As `Quotation.number` writes it; nothing of a draft."""
    root = Concat(Value("Q-"), _of_year("", "serial", 4))
    revised = Concat(root, Value("/"), Cast("revision", CharField()))
    return Case(When(serial=None, then=Value("")), When(revision__gt=1, then=revised), default=root)


def _of_year(of: str, name: str, width: int) -> Concat:
    """The year and, of `width` digits at least, the count in it."""
    count = Cast(f"{of}{name}", CharField())
    padded = LPad(count, Greatest(Length(count), Value(width)), Value("0"))
    return Concat(Cast(f"{of}year", CharField()), Value("-"), padded)
