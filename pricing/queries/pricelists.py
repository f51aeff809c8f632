"""The price list that customers of a rate table see at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pricing.models import Version
from pricing.queries.versions import labelled, rows_of, version_in_force
from pricing.rules.rows import RateRow


@dataclass(frozen=True, slots=True)
class PriceList:
    """The rows of the version in force, labelled. What things cost us is no part of it for customers to see."""

    version: Version
    rows: Sequence[RateRow]


def price_list(table_id: int, moment: datetime) -> PriceList | None:
    """The price list in force at `moment`, or None where the table has none."""
    version = version_in_force(table_id, moment)
    return None if version is None else price_list_of(version)


def price_list_of(version: Version) -> PriceList:
    """The price list that a version is."""
    return PriceList(version, labelled(rows_of(version)))
