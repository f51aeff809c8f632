"""What signals are found by, of many accounts at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.models import Offer
from billing.queries.account_usage import AccountUsage
from billing.rules.advice import LOOKED_BACK_DAYS, MONTH_DAYS, Pack, Paid, better_pack, peak_of
from billing.rules.figures import AccountFigures
from billing.rules.signals import Renewal, Seen
from config.kernel.database import rows_of
from config.kernel.utc import midnight

_RENEWALS = """
SELECT a.id, p.ends_at, coalesce(g.tokens, 0), coalesce(g.remaining, 0), p.id::text, g.grants, r.external_id, p.line
FROM unnest(%(accounts)s::uuid[], %(units)s::text[]) AS a (id, unit) JOIN wallets_tokenunit u ON u.code = a.unit
LEFT JOIN wallets_wallet w ON w.account_id = a.id AND w.unit_id = u.id
JOIN billing_orderperiod p ON p.account_id = a.id AND p.starts_at <= %(now)s AND p.ends_at > %(now)s
JOIN billing_order r ON r.id = p.order_id AND r.account_id = p.account_id
LEFT JOIN LATERAL (
    SELECT sum(g.tokens) AS tokens, sum(g.remaining) AS remaining, array_agg(g.id::text ORDER BY g.id) AS grants
    FROM billing_portion s JOIN billing_ordergrant o ON o.portion_id = s.id AND o.account_id = s.account_id
    JOIN wallets_grant g ON g.id = o.grant_id AND g.account_id = s.account_id AND g.voided_at IS NULL
        AND g.wallet_id = w.id
    WHERE s.account_id = p.account_id AND s.order_id = p.order_id AND s.line = p.line AND s.run = p.run
      AND s.number = p.number) AS g ON true
ORDER BY a.id, p.ends_at, p.id
"""
_PAID = """
SELECT a.id, u.code, g.unit_cost, g.currency, g.tokens, g.id::text
FROM unnest(%(accounts)s::uuid[]) AS a (id) JOIN wallets_wallet w ON w.account_id = a.id
JOIN wallets_tokenunit u ON u.id = w.unit_id
CROSS JOIN LATERAL (
    SELECT id, unit_cost, currency, tokens FROM wallets_grant
    WHERE account_id = a.id AND wallet_id = w.id AND kind = 'purchase' AND unit_cost > 0
    ORDER BY id DESC LIMIT 1) AS g
"""
_OVERDRAWN = """
SELECT w.account_id, e.recorded_at, e.number FROM unnest(%(accounts)s::uuid[], %(units)s::text[]) AS a (id, unit)
JOIN wallets_tokenunit u ON u.code = a.unit JOIN wallets_wallet w ON w.account_id = a.id AND w.unit_id = u.id
JOIN wallets_entry e ON e.account_id = w.account_id AND e.wallet_id = w.id AND e.number = w.overdrawn_from
WHERE w.overage > 0
"""
_OVERFLOWS = """
WITH seen AS (
    SELECT account_id, checkout_id FROM usage_checkoutmove WHERE account_id = ANY (%(accounts)s) AND at >= %(since)s
    UNION
    SELECT account_id, id FROM usage_checkout WHERE account_id = ANY (%(accounts)s) AND ended_at IS NULL
), sat AS (
    SELECT c.account_id, c.feature_id, m.seat, m.at,
           coalesce(lead(m.at) OVER (PARTITION BY c.id ORDER BY m.at, m.id), c.last_beat_at) AS until
    FROM seen s JOIN usage_checkout c ON c.id = s.checkout_id AND c.account_id = s.account_id
    JOIN usage_checkoutmove m ON m.checkout_id = c.id AND m.account_id = c.account_id
)
SELECT s.account_id, f.code, count(DISTINCT d.at) FROM sat s JOIN pricing_feature f ON f.id = s.feature_id
JOIN generate_series(%(since)s, %(until)s - interval '1 day', '1 day') AS d (at)
    ON d.at < s.until AND d.at + interval '1 day' > s.at
WHERE s.seat = 'overflow' GROUP BY 1, 2 ORDER BY 1, 2
"""
"""A seat that is taken over night is taken on both days."""
_TRIALS = """
SELECT DISTINCT ON (t.customer_id) t.customer_id, t.id::text, g.spent / g.tokens
FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
WHERE t.customer_id = ANY (%(accounts)s) ORDER BY t.customer_id, t.id DESC
"""


def seen_of(
    figures: Mapping[UUID, AccountFigures], uses: Mapping[UUID, AccountUsage], now: datetime
) -> list[tuple[UUID, Seen]]:
    """What is known of each account whose figures and usage these are."""
    today = now.astimezone(UTC).date()
    until = midnight(today)
    asked = {
        "accounts": list(figures),
        "units": [each.unit for each in figures.values()],
        "now": now,
        "since": until - timedelta(days=LOOKED_BACK_DAYS),
        "until": until,
    }
    renewals: dict[UUID, list[Renewal]] = defaultdict(list)
    for row in rows_of(_RENEWALS, asked):
        renewals[row[0]].append(_renewal(*row[1:]))
    overdrawn = {row[0]: (row[1].astimezone(UTC).date(), row[2]) for row in rows_of(_OVERDRAWN, asked)}
    trials = {row[0]: (row[1], row[2]) for row in rows_of(_TRIALS, asked)}
    overflows: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for account_id, feature, days in rows_of(_OVERFLOWS, asked):
        overflows[account_id].append((feature, days))
    packs, paid, found = _packs(), _paid(asked), []
    for pk, each in figures.items():
        peak = peak_of(uses[pk].whole_days(LOOKED_BACK_DAYS))
        better = better_pack(
            each.burn_a_day or Decimal(0), paid.get((pk, each.unit)), packs.get(each.unit, [])
        )
        known = (renewals[pk], overdrawn.get(pk), overflows[pk], trials.get(pk))
        found.append((pk, Seen(each, today, *known, peak, better)))
    return found


def _renewal(
    ends_at: datetime,
    tokens: Decimal,
    left: Decimal,
    period: str,
    grants: list[str] | None,
    order: str,
    line: str,
) -> Renewal:
    rows = (f"order period {period}", *(f"grant {each}" for each in grants or ()))
    return Renewal(ends_at.astimezone(UTC).date(), tokens, left, rows, f"order {order}, line {line}", period)


def _packs() -> Mapping[str, list[Pack]]:
    """Packs on sale whose price is of one kind of tokens for every feature, by token unit."""
    found: dict[str, list[Pack]] = defaultdict(list)
    for offer in Offer.objects.on_sale().filter(kind=Offer.Kind.PACK).prefetch_related("tokens__unit"):
        parts = [part for part in offer.tokens.all() if not part.is_bonus]
        if len(parts) == 1 and not parts[0].features and parts[0].tokens > 0 and offer.list_price > 0:
            (part,) = parts
            lasts_days = part.lasts_days or (MONTH_DAYS * part.lasts_months if part.lasts_months else None)
            pack = Pack(
                offer.code, offer.name, part.tokens, offer.list_price, offer.currency, lasts_days=lasts_days
            )
            found[part.unit.code].append(pack)
    return found


def _paid(asked: Mapping[str, Any]) -> Mapping[tuple[UUID, str], Paid]:
    return {(row[0], row[1]): Paid(*row[2:]) for row in rows_of(_PAID, asked)}
