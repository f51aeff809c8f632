"""Customers who used, gave back and were refused something over six weeks, and the ledger read without the product."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.queries.usage_scope import Scope, scope_of
from billing.rules.usage_view import UsageView
from billing.services import recognising
from config.kernel.errors import InsufficientTokens
from pricing.models import Feature
from usage.rules.orders import OwnCost
from usage.services import reversing
from usage.tests.made import DAY, Shop, a_grant, a_reversal, clock
from usage.tests.rolled import roll_up
from wallets.models import Account, Currency

ZONE = "America/New_York"


@dataclass
class Town:
    """Two accounts that pay in different currencies, one that tries, and a shop in which all of it happens."""

    now: datetime = field(default_factory=clock)
    shop: Shop = field(init=False)
    accounts: list[Account] = field(init=False)

    def __post_init__(self) -> None:
        Currency.objects.get_or_create(code="SEK", defaults={"reporting_rate": Decimal("0.1")})
        past = self.now - 100 * DAY
        self.shop = Shop(since=past)
        table = self.shop.a_table(tokens="2", since=past, cost=Decimal("0.01"), cost_currency="SEK")
        self.accounts = [self.shop.an_account(past, rate_table=table.code) for _ in range(3)]
        payer, other, trier = self.accounts
        a_grant(payer, "400", kind="purchase", unit_cost=Decimal("0.5"), now=past)
        a_grant(other, "100", kind="purchase", unit_cost=Decimal("3"), currency="SEK", now=past)
        a_grant(trier, "60", now=past)
        self._use(payer, other, trier)
        recognising.reckon()
        roll_up()

    def _use(self, payer: Account, other: Account, trier: Account) -> None:
        chat, image, debit = self.shop.chat, self.shop.image, self.shop.debit
        large, small = {"model": "large"}, {"model": "small"}
        for days in (44, 31, 24, 17, 9, 4, 1):
            debit(payer, "5", "1.5", features=(chat, image), dimensions=large, now=self.now - days * DAY)
        debit(other, "7", dimensions=small, now=self.now - 12 * DAY)
        debit(other, "3", features=(image,), now=self.now - 2 * DAY, costs=(OwnCost(Decimal("0.4"), "SEK"),))
        debit(trier, "6", dimensions=small, now=self.now - 3 * DAY)
        debit(trier, "2", features=(image,), now=self.now - 3 * DAY)
        debit(payer, "11", at=self.now - 20 * DAY, now=self.now - timedelta(hours=30))
        whole = debit(payer, "13", features=(image,), now=self.now - 8 * DAY)
        part = debit(other, "9", "2", features=(chat, image), now=self.now - 6 * DAY)
        reversing.reverse(a_reversal(whole, now=self.now - 7 * DAY))
        reversing.reverse(a_reversal(part, "5", now=self.now - 5 * DAY))
        for key, at in (("first", 60), ("first", 59), ("second", 5)):
            try:
                debit(trier, "90", key=f"{key}-{self.shop.chat}", now=self.now - timedelta(minutes=at))
            except InsufficientTokens:
                continue
            raise AssertionError("The trial holds less than that.")

    @property
    def chat(self) -> Feature:
        return Feature.objects.get(code=self.shop.chat)

    @property
    def image(self) -> Feature:
        return Feature.objects.get(code=self.shop.image)

    def view(self, **more: Any) -> UsageView:
        return UsageView(product=self.shop.product.code, **{"zone": ZONE} | more)

    def ledger(self, question: str, **given: Any) -> list[tuple[Any, ...]]:
        """Rows of a question about `line`: what was charged, and what was given back below zero."""
        with connection.cursor() as cursor:
            cursor.execute(f"WITH line AS ({_LINES}) {question}", given | {"product": self.shop.product.pk})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


# Money in the reporting currency. What was given back in part keeps its quantity and its cost.
_LINES = """
    SELECT d.account_id, d.occurred_at, d.recorded_at, l.feature_id, l.dimensions, l.quantity, l.tokens, 1 AS items,
           coalesce(l.cost * own.reporting_rate, l.quantity * r.cost * written.reporting_rate) AS cost
    FROM usage_debit d JOIN usage_debitline l ON l.debit_id = d.id JOIN pricing_rate r ON r.id = l.rate_id
    LEFT JOIN wallets_currency own ON own.code = l.cost_currency
    LEFT JOIN wallets_currency written ON written.code = r.cost_currency
    WHERE d.product_id = %(product)s
    UNION ALL
    SELECT v.account_id, d.occurred_at, v.recorded_at, l.feature_id, l.dimensions,
           CASE WHEN v.is_whole THEN -l.quantity ELSE 0 END, -coalesce(b.tokens, 0),
           CASE WHEN v.is_whole THEN -1 ELSE 0 END,
           CASE WHEN v.is_whole THEN
                -coalesce(l.cost * own.reporting_rate, l.quantity * r.cost * written.reporting_rate) ELSE 0 END
    FROM usage_reversal v JOIN usage_debit d ON d.id = v.debit_id JOIN usage_debitline l ON l.debit_id = d.id
    JOIN pricing_rate r ON r.id = l.rate_id
    LEFT JOIN usage_reversalline b ON b.reversal_id = v.id AND b.position = l.position
    LEFT JOIN wallets_currency own ON own.code = l.cost_currency
    LEFT JOIN wallets_currency written ON written.code = r.cost_currency
    WHERE d.product_id = %(product)s
"""


def scope(town: Town, **more: Any) -> Scope:
    """What a view of the town's product is about."""
    return scope_of(town.view(**more), town.now)


def bounds(asked: Scope) -> dict[str, Any]:
    return {"since": asked.span.since, "until": asked.span.until, "before": asked.span.before, "zone": ZONE}


WITHIN = "occurred_at >= %(since)s AND occurred_at < %(until)s"
BOOKED = "recorded_at >= %(since)s AND recorded_at < %(until)s"
