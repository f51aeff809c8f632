"""What the database's pricing functions say of a quantity."""

from __future__ import annotations

from decimal import Decimal

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
