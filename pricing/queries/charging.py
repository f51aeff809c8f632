"""What the database's pricing functions say of a quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from pricing.rules.terms import PriceTerm


def tiers_of(term: PriceTerm, units: Decimal, counted: Decimal) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Into which tiers units fall that come after `counted` ones of the month: tier_from, units, and their cost.

    The cost is tokens times the term's `per`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tier_from, units, cost"
            " FROM pricing_tiers_v1(%s, %s, %s::numeric[], %s::numeric[], %s, %s::numeric[])",
            [units, counted, list(term.bounds), list(term.prices), term.mode, list(term.packs)],
        )
        return list(cursor.fetchall())


def units_by_tier(term: PriceTerm, units: Decimal, counted: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Into which tiers units fall that come after `counted` ones of the month: pairs of tier_from and units."""
    return [(tier_from, fallen) for tier_from, fallen, _ in tiers_of(term, units, counted)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A line to be charged. covered: units that cost nothing. counted: of tiers, what the month charged before."""

    term: PriceTerm
    quantity: Decimal
    minimum: Decimal
    rounding: str
    covered: Decimal = Decimal(0)
    counted: Decimal | None = None

    def as_json(self) -> dict[str, Any]:
        term = self.term
        return {
            "quantity": self.quantity,
            "covered": self.covered,
            "counted": self.counted,
            "bounds": term.bounds,
            "prices": term.prices,
            "per": term.per,
            "minimum": self.minimum,
            "rounding": self.rounding,
            "mode": term.mode or None,
            "packs": term.packs or None,
        }


def charges_of(lines: Sequence[Asked]) -> list[Decimal]:
    """What each line comes to, in the order asked, by the one function that turns quantity into tokens."""
    if not lines:
        return []
    written = orjson.dumps([line.as_json() for line in lines], default=str).decode()
    with connection.cursor() as cursor:
        cursor.execute(_CHARGES, [written])
        return [row[0] for row in cursor.fetchall()]


_CHARGES = """
    SELECT pricing_charge_v1(quantity, covered, counted, bounds, prices, per, minimum, rounding, mode, packs)
    FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS (
        quantity numeric, covered numeric, counted numeric, bounds numeric[], prices numeric[], per numeric,
        minimum numeric, rounding text, mode text, packs numeric[])) WITH ORDINALITY AS line (
        quantity, covered, counted, bounds, prices, per, minimum, rounding, mode, packs, n)
    ORDER BY n
"""
