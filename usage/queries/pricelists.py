"""The price list an account sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.kernel.amounts import plain, tokens
from config.kernel.errors import NoRate
from pricing.queries import pricelists
from pricing.rules.compiled import price_of_one, unit_price
from pricing.rules.rows import RateRow
from usage.queries.moments import database_clock
from usage.queries.terms import table_at
from usage.rules.answers import instant_or_none
from wallets.queries.accounts import account_id_of


@dataclass(frozen=True, slots=True)
class PriceListAnswer:
    """head: the table, its token unit, the version and when it holds. rows: the prices, as they were written."""

    head: dict[str, Any]
    rows: Sequence[dict[str, Any]]


def price_list(reference: str | None, at: datetime | None = None) -> PriceListAnswer:
    """The prices in force for usage of the account at an instant; None is now.

    reference: None asks for the default table.

    Raises AccountMissing, NoRate.
    """
    moment = at or database_clock()
    table = table_at(account_id_of(reference) if reference is not None else None, moment)
    if table is None:
        raise NoRate("There was no rate table to pay by at that time.")
    found = pricelists.price_list(table.pk, moment)
    if found is None:
        raise NoRate(f"The rate table {table.code} has no version in force at that time.")
    version = found.version
    head = {
        "table": table.code,
        "token": table.token,
        "version": version.number,
        "effective_from": instant_or_none(version.effective_from),
        "effective_until": instant_or_none(version.effective_until),
    }
    return PriceListAnswer(head, [_shown(row) for row in found.rows])


def _shown(row: RateRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "feature": row.feature,
        "name": row.name,
        "unit": row.unit,
        "dimensions": dict(row.dimensions),
        "tokens": None if row.formula else plain(row.tokens),
        "per": plain(row.per),
        "unit_tokens": price_of_one(row),
        "minimum": tokens(row.minimum),
        "rounding": row.rounding,
    }
    if row.tier_mode:
        shown["tier_mode"] = row.tier_mode
        shown["tiers"] = [
            {
                "tier_from": plain(tier.tier_from),
                "tokens": plain(tier.tokens),
                "per": plain(tier.per),
                "unit_tokens": unit_price(tier.tokens, tier.per),
            }
            for tier in row.all_tiers
        ]
    if row.formula:
        shown["formula"] = row.formula
    return shown
