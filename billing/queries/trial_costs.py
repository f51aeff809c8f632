"""What the tokens of an offer may cost us, by the price list that the account pays by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from billing.models import TrialOffer
from config.kernel.amounts import EXACT
from pricing.models import RateTable, Version
from pricing.queries.costs import unit_costs
from wallets.models import Currency
from wallets.rules.repaying import pays_for

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CostSpan:
    """All of the offer's tokens spent on the cheapest feature cost `lowest`, on the dearest `highest`.

    unknown: rates whose cost nobody knows, or whose price is no number; they may cost less or more.
    """

    lowest: Decimal
    highest: Decimal
    currency: str
    unknown: int


def cost_of(offer: TrialOffer, table: RateTable | None, moment: datetime) -> CostSpan | None:
    """The span by the rates in force of the offer's features; None where not one of their costs is known."""
    if table is None or table.token != offer.unit.code:
        return None
    version = Version.objects.filter(table=table).in_force(moment).first()
    if version is None:
        return None
    rows = [rate.row for rate in version.rates.all() if pays_for(offer.features, rate.row.feature)]
    rates = {each.code: each.reporting_rate for each in Currency.objects.all()}
    reporting = next((each.code for each in Currency.objects.all() if each.is_reporting), "")
    known = []
    for row, cost in zip(rows, unit_costs(rows, moment), strict=True):
        worth = rates.get(cost.currency) if cost.currency else Decimal(1)
        if cost.amount is None or worth is None or row.formula or not min(row.unit_prices):
            continue
        price = min(row.unit_prices)
        with localcontext(EXACT):
            known.append(offer.tokens * cost.amount * worth * price.denominator / price.numerator)
    if not known:
        return None
    lowest, highest = (each.quantize(_CENT) for each in (min(known), max(known)))
    return CostSpan(lowest, highest, reporting, len(rows) - len(known))
