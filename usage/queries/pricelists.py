"""The price list an account sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.kernel.amounts import plain, tokens
from config.kernel.errors import NoRate
from pricing.queries import pricelists
from pricing.rules.compiled import price_of_one, unit_price
from usage.queries.moments import database_clock
from usage.queries.own_prices import kept_version, overrides_at
from usage.queries.terms import table_at
from usage.rules.answers import instant_or_none
from usage.rules.explaining_prices import override_shown
from usage.rules.pricelists import SeenRate, seen
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
    account_id = account_id_of(reference, "account") if reference is not None else None
    table = table_at(account_id, moment)
    if table is None:
        raise NoRate("There was no rate table to pay by at that time.")
    kept = kept_version(account_id, table.pk, moment) if account_id else None
    found = pricelists.price_list_of(kept) if kept else pricelists.price_list(table.pk, moment)
    if found is None:
        raise NoRate(f"The rate table {table.code} has no version in force at that time.")
    own = overrides_at(account_id, moment) if account_id else []
    version = found.version
    head = {
        "table": table.code,
        "token": table.token,
        "version": version.number,
        "effective_from": instant_or_none(version.effective_from),
        "effective_until": instant_or_none(version.effective_until),
    }
    if kept is not None:
        head["kept"] = True
    return PriceListAnswer(head, [_shown(each) for each in seen(found.rows, own)])


def _shown(each: SeenRate) -> dict[str, Any]:
    row, override = each.row, each.override
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
    if override is not None:
        shown["override"] = override_shown(override)
    return shown
