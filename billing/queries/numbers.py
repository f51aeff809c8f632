"""Numbers of invoices and credit notes as they are written, for lists that are taken along."""

from __future__ import annotations

from django.db.models import Case, CharField, Value, When
from django.db.models.functions import Cast, Concat, Greatest, Length, LPad


def written_number(of: str = "", series: str = "") -> Case:
    """As `numbered` writes it. of: the path to the row that has the number, such as `invoice__`."""
    sequence = Cast(f"{of}sequence", CharField())
    padded = LPad(sequence, Greatest(Length(sequence), Value(6)), Value("0"))
    written = Concat(Value(series), Cast(f"{of}year", CharField()), Value("-"), padded)
    return Case(When(**{f"{of}sequence": None}, then=Value("")), default=written)
