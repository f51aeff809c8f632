"""What of a payment at Stripe went back: for which lines, where a credit note names them, and the rest for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.connectors.stripe_amounts import Bundle, Line, net_of_invoice, paid_units

SUCCEEDED, FAILED, ISSUED = "succeeded", "failed", "issued"


@dataclass(frozen=True, slots=True)
class Given:
    """A refund that succeeded. named: net units by the name of the invoice's line. gross: what these are with tax."""

    refund: Mapping[str, Any]
    named: Mapping[str, int]
    gross: int

    @property
    def rest(self) -> int:
        """What of it is for no line in particular, tax included."""
        return max(int(self.refund["amount"]) - self.gross, 0)


def given_of(bundle: Bundle) -> list[Given]:
    """The refunds of a bundle that succeeded."""
    refunds = [each for each in bundle["refunds"] if each["status"] == SUCCEEDED]
    return [_given(refund, bundle["notes"]) for refund in refunds]


def failed_of(bundle: Bundle) -> list[Mapping[str, Any]]:
    """Its refunds of which the money came back."""
    return [each for each in bundle["refunds"] if each["status"] == FAILED]


def has_lines_named(bundle: Bundle) -> bool:
    """Whether a credit note names lines for any of its refunds: each of them is told by lines then."""
    return any(any(_parts_of(each, bundle["notes"])) for each in bundle["refunds"])


def off_a_line(given: Sequence[Given], name: str) -> int:
    """What of a line went back by its name, in net units."""
    return sum(each.named.get(name, 0) for each in given)


def paid_without_names(bundle: Bundle, given: Sequence[Given]) -> int:
    """What was paid, less what went back for lines by their names; tax included."""
    return max(paid_units(bundle) - sum(each.gross for each in given), 0)


def _given(refund: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]) -> Given:
    """A part of a unit counts as one, so that parts of a line come to the line."""
    named: dict[str, int] = {}
    gross = 0
    for part, note in _parts_of(refund, notes):
        total, whole = int(note["total"]), 0
        for line in note["lines"]["data"]:
            if name := line.get("invoice_line_item"):
                named[name] = named.get(name, 0) + -(-net_of_invoice(line) * part // total)
                whole += _with_tax(line)
        gross += whole * part // total
    return Given(refund, named, gross)


def _parts_of(
    refund: Mapping[str, Any], notes: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """How much of a refund belongs to which credit note that names lines."""
    for note in notes:
        names = any(line.get("invoice_line_item") for line in note["lines"]["data"])
        if note["status"] != ISSUED or not names or note["total"] <= 0:
            continue
        for each in note["refunds"]:
            if each.get("refund") == refund["id"]:
                yield int(each["amount_refunded"]), note


def _with_tax(line: Line) -> int:
    """What a line of a credit note comes to with the tax that is put upon it."""
    off = sum(each["amount"] for each in line.get("discount_amounts") or ())
    upon = sum(tax["amount"] for tax in line.get("taxes") or () if tax["tax_behavior"] == "exclusive")
    return int(line["amount"] - off + upon)
