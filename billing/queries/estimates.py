"""What an account would need for a month, told from its own usage, and the cheapest offers that cover it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.models import Offer
from billing.queries.offers import snapshot_of
from billing.queries.recent import patiently
from billing.rules.estimates import Cover, Need, a_month, cheapest, price_a_month
from billing.rules.offers import Snapshot
from config.kernel.amounts import plain
from pricing.models import Feature
from usage.queries.seats import seat_features, seats_over_time
from usage.queries.terms import table_at
from wallets.models import Account, TokenUnit

PERIODS = (30, 90)
NOTHING = Decimal(0)

# What a re-rating charged anew counts in place of what it gave back; what was given back otherwise is told apart.
_USED = """
    WITH used AS MATERIALIZED (
        SELECT d.id FROM usage_debit d
        WHERE d.account_id = %(account)s AND d.unit_id = %(unit)s AND d.recorded_at >= %(since)s
          AND d.occurred_at >= %(since)s AND d.occurred_at < %(until)s
          AND NOT EXISTS (SELECT FROM usage_correction c WHERE c.debit_id = d.id AND c.account_id = d.account_id))
    SELECT l.feature_id, sum(l.quantity), sum(l.tokens), count(*), min(d.occurred_at), max(d.occurred_at), 0
    FROM used JOIN usage_debit d ON d.id = used.id AND d.account_id = %(account)s
    JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
    GROUP BY 1
    UNION ALL
    SELECT NULL, 0, coalesce(sum(r.tokens), 0), count(*), NULL, NULL, 1
    FROM used JOIN usage_reversal r ON r.debit_id = used.id AND r.account_id = %(account)s
    ORDER BY 7, 3 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class FeatureUsed:
    """What one feature came to: the sum of so many lines of debits, the first and the last of which occurred then."""

    code: str
    name: str
    unit: str
    quantity: Decimal
    tokens: Decimal
    lines: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Peak:
    """The most seats of a feature that were taken at once, and when that was first so."""

    code: str
    name: str
    seats: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """A period of usage as a month, with the rows that it is told from.

    given_back: tokens of reversals of these debits. tokens: of the period, less that; a_month: of thirty days.
    considered: offers on sale in the currency. is_too_much: there is too much usage to add up while a page waits.
    """

    account: Account
    days: int
    since: datetime
    until: datetime
    unit: str
    currency: str
    features: Sequence[FeatureUsed]
    given_back: Decimal
    tokens: Decimal
    a_month: Decimal
    peaks: Sequence[Peak]
    considered: Sequence[Snapshot]
    cover: Cover | None
    is_too_much: bool = False

    @property
    def lines(self) -> list[tuple[Snapshot, int, Decimal]]:
        """The offers that cover it, with what each costs a month."""
        return (
            [(offer, count, price_a_month(offer) * count) for offer, count in self.cover.choices]
            if self.cover
            else []
        )

    def kept(self) -> dict[str, Any]:
        """What a quotation keeps of it."""
        return {
            "days": self.days,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "unit": self.unit,
            "tokens": plain(self.tokens),
            "a_month": plain(self.a_month),
            "lines": sum(each.lines for each in self.features),
            "peaks": {each.code: each.seats for each in self.peaks},
        }


def estimate(account: Account, days: int, currency: str, moment: datetime) -> Estimate:
    """What the last so many days of the account's own usage would need as a month, and what covers it."""
    since = moment - timedelta(days=days)
    unit = _unit_of(account, moment)
    asked = {"account": account.pk, "unit": unit.pk, "since": since, "until": moment}
    rows = patiently(_USED, asked)
    features, given_back = _features(rows or [])
    tokens = max(sum((each.tokens for each in features), NOTHING) - given_back, NOTHING)
    peaks = _peaks(account, since, moment)
    considered = [
        snapshot_of(offer) for offer in Offer.objects.on_sale().with_parts().filter(currency=currency)
    ]
    need = Need(
        unit=unit.code,
        tokens=a_month(tokens, days),
        features=[each.code for each in features if each.tokens],
        seats={each.code: each.seats for each in peaks},
    )
    return Estimate(
        account=account,
        days=days,
        since=since,
        until=moment,
        unit=unit.code,
        currency=currency,
        features=features,
        given_back=given_back,
        tokens=tokens,
        a_month=need.tokens,
        peaks=peaks,
        considered=considered,
        cover=None if rows is None else cheapest(need, considered),
        is_too_much=rows is None,
    )


def currencies_on_sale() -> list[str]:
    """The currencies in which something is on sale, that of most offers first."""
    counted: dict[str, int] = {}
    for currency in Offer.objects.on_sale().order_by("currency").values_list("currency", flat=True):
        counted[currency] = counted.get(currency, 0) + 1
    return sorted(counted, key=lambda code: (-counted[code], code))


def _unit_of(account: Account, moment: datetime) -> TokenUnit:
    """The unit that the account pays in."""
    table = table_at(account.pk, moment)
    units = TokenUnit.objects.order_by("-is_default", "code")
    return (units.filter(code=table.token).first() if table else None) or units[0]


def _features(rows: Sequence[Sequence[Any]]) -> tuple[list[FeatureUsed], Decimal]:
    found = Feature.objects.in_bulk([row[0] for row in rows if row[0] is not None])
    used = [
        FeatureUsed(
            code=found[feature].code,
            name=found[feature].name or found[feature].code,
            unit=found[feature].unit,
            quantity=quantity,
            tokens=tokens,
            lines=lines,
            first_at=first_at,
            last_at=last_at,
        )
        for feature, quantity, tokens, lines, first_at, last_at, _ in rows
        if feature is not None
    ]
    return used, sum((row[2] for row in rows if row[0] is None), NOTHING)


def _peaks(account: Account, since: datetime, until: datetime) -> list[Peak]:
    peaks = []
    for feature in seat_features(account.pk, since):
        over_time = seats_over_time(account.pk, feature.feature_id, since, until)
        most = max(over_time, key=lambda each: each.base + each.overflow, default=None)
        if most is not None and most.base + most.overflow:
            peaks.append(Peak(feature.code, feature.name, most.base + most.overflow, most.at))
    return peaks
