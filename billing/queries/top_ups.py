"""Rules that buy packs: which are due, and what they have bought."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Sum

from billing.models import TopUp, TopUpRule
from billing.queries.offers import offers_named, snapshot_of
from billing.rules.top_ups import NOTHING, REST, Limits, Pack, Taken, pack_of

PAGE = 500


def rules_due(now: datetime | None = None) -> Iterator[tuple[UUID, UUID]]:
    """Account and rule of each that is to buy, as far as can be told without a lock, in the order of their locks.

    now: null in production; the database's clock decides.
    """
    after = (UUID(int=0), UUID(int=0))
    while True:
        with connection.cursor() as cursor:
            asked: dict[str, Any] = {
                "now": now,
                "account": after[0],
                "rule": after[1],
                "rest": REST,
                "page": PAGE,
            }
            cursor.execute(DUE, asked)
            page: list[tuple[UUID, UUID]] = cursor.fetchall()
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]


def limits_of(rule: TopUpRule) -> Limits:
    """What the rule says of how much."""
    return Limits(rule.threshold, rule.fill_to, rule.most, rule.most_packs, rule.most_amount)


def pack_for(sku: str, unit: str, currency: str) -> Pack | str:
    """What one pack gives of a token unit now, or a sentence that says why it can't be bought."""
    offer = offers_named([sku]).get(sku)
    if offer is not None and not offer.is_sold:
        return f"The SKU {sku} is not on sale any more."
    return pack_of(snapshot_of(offer) if offer else None, sku, unit, currency)


def taken_in_window(rule: TopUpRule, moment: datetime) -> Taken:
    """What the rule bought, or lets wait, in the window of its account's calendar in which an instant lies."""
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, {"account": rule.account_id, "window": rule.window, "moment": moment})
        start, ends_at = cursor.fetchone()
    rows = rule.top_ups.filter(account_id=rule.account_id, window=rule.window, window_start=start).counted()
    found = rows.aggregate(count=Count("pk"), spent=Sum("amount"))
    return Taken(start, ends_at, found["count"], found["spent"] or NOTHING)


def rests_until(rule: TopUpRule, moment: datetime) -> datetime | None:
    """Until when the rule buys nothing because something was refused; a change of the rule ends that."""
    last = rule.top_ups.order_by("-pk").first()
    if last is None or last.settled_at is None or last.state == TopUp.State.BOUGHT:
        return None
    until: datetime = last.settled_at + REST
    return until if last.settled_at >= rule.set_at and until > moment else None


def refusals_in_a_row(rule: TopUpRule) -> int:
    """How often the rule was refused since it last bought, or was last switched on."""
    rows = rule.top_ups.filter(state=TopUp.State.REFUSED, settled_at__gte=rule.switched_at)
    bought = rule.top_ups.filter(state=TopUp.State.BOUGHT).order_by("-pk").first()
    return rows.filter(pk__gt=bought.pk).count() if bought else rows.count()


def rule_of(account_id: UUID, unit_id: int) -> TopUpRule | None:
    """The account's rule for a token unit."""
    rows = TopUpRule.objects.select_related("account", "unit")
    return rows.filter(account_id=account_id, unit_id=unit_id).first()


_WINDOW = """
SELECT start, wallets_midnight_v1(%(account)s, wallets_period_end_v1(start, %(window)s, NULL))
FROM wallets_period_start_v1(wallets_day_v1(%(account)s, %(moment)s), %(window)s, NULL) AS start
"""

# It reads a rule's account, its open grants, and the last that it bought where it is at its threshold: no history.
DUE = """
WITH asked AS MATERIALIZED (SELECT coalesce(%(now)s, statement_timestamp()) AS now)
SELECT r.account_id, r.id
FROM asked CROSS JOIN billing_topuprule r JOIN wallets_account a ON a.id = r.account_id AND a.state = 'active'
CROSS JOIN LATERAL (
    SELECT coalesce(sum(g.remaining - g.held), 0) AS available
    FROM wallets_wallet w JOIN wallets_grant g ON g.account_id = w.account_id AND g.wallet_id = w.id AND g.is_open
    WHERE w.account_id = r.account_id AND w.unit_id = r.unit_id
      AND g.effective_at <= asked.now AND (g.expires_at IS NULL OR g.expires_at > asked.now) OFFSET 0) AS held
CROSS JOIN LATERAL (
    SELECT wallets_period_start_v1(wallets_day_v1(r.account_id, asked.now), r.window, NULL) AS start
    WHERE held.available <= r.threshold OFFSET 0) AS present
LEFT JOIN LATERAL (SELECT * FROM billing_topup WHERE rule_id = r.id ORDER BY id DESC LIMIT 1) AS t ON true
WHERE r.is_on AND (r.account_id, r.id) > (%(account)s, %(rule)s)
  AND (t.id IS NULL OR CASE t.state
    WHEN 'pending' THEN false
    WHEN 'bought' THEN (t."window", t.window_start) <> (r."window", present.start)
        OR t.number < r.most AND coalesce(t.spent + t.amount / t.quantity <= r.most_amount, true)
    ELSE t.settled_at <= asked.now - %(rest)s OR t.settled_at < r.set_at END)
ORDER BY r.account_id, r.id LIMIT %(page)s
"""
