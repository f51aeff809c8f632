"""What usage earned and cost: what the books recognise for spent tokens, shared out over what spent them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from billing.queries.usage_scope import Scope
from billing.rules.margins import margin_share
from config.kernel.database import rows_of
from usage.rules.usage_asked import DIMENSION, Clock, Portion, UsageQuestion, UsageRow, months_around

NOTHING = Decimal(0)
GROUPS_SHOWN = 15


@dataclass(frozen=True, slots=True)
class Money:
    """In the reporting currency. revenue: recognised; cost: as far as it is known, at present rates of currencies.

    uncosted: units of which no cost is known.
    """

    tokens: Decimal = NOTHING
    revenue: Decimal = NOTHING
    cost: Decimal = NOTHING
    uncosted: Decimal = NOTHING

    def __add__(self, other: Money) -> Money:
        return Money(
            self.tokens + other.tokens,
            self.revenue + other.revenue,
            self.cost + other.cost,
            self.uncosted + other.uncosted,
        )

    @property
    def left(self) -> Decimal:
        return self.revenue - self.cost

    @property
    def margin(self) -> Decimal | None:
        """A share of the revenue, by `margin_share`."""
        return margin_share(self.revenue, self.cost, self.uncosted)


Portions = Sequence[Portion]


def portions(scope: Scope) -> Portions:
    """What the books recognised for spent tokens in the months that the scope touches, by account and product."""
    since, until = months_around(scope.question())
    given = {
        "since": since.date(),
        "until": until.date(),
        "unit": scope.unit.pk,
        "accounts": sorted(scope.accounts or ()),
        "product": scope.product.pk if scope.product else None,
    }
    whose = "AND m.account_id = ANY (%(accounts)s)" if scope.accounts is not None else ""
    return [Portion(*row) for row in rows_of(_RECOGNISED.format(whose=whose), given)]


def money_by(scope: Scope, parts: Portions, *groups: str, limit: int | None = None) -> Mapping[Any, Money]:
    """By group, the most tokens first: at most so many. All of it is by when usage was recorded, as the books are."""
    question = as_booked(scope, *groups)
    reader = scope.reader
    if limit is not None and groups == ("account",):
        question = _of_the_largest(scope, question, limit)
    rows = reader.most(question, limit)
    revenues = reader.shared(question, parts)
    return {row.keys: _money(row, revenues.get(row.keys, NOTHING)) for row in rows}


def _of_the_largest(scope: Scope, question: UsageQuestion, limit: int) -> UsageQuestion:
    """Tokens alone tell which they are: all that they used is added up for these only, where there are enough."""
    largest = scope.reader.reach(as_booked(scope, "feature"), limit).largest
    return replace(question, accounts=frozenset(largest)) if len(largest) == limit else question


def as_booked(scope: Scope, *groups: str) -> UsageQuestion:
    """The scope's question by when usage was recorded."""
    return replace(scope.question(*groups), clock=Clock.RECORDED)


def by_dimension(scope: Scope) -> str:
    """The group by which the view tells money apart."""
    return f"{DIMENSION}{scope.view.dimension}"


def summed(found: Mapping[Any, Money], place: int) -> dict[Any, Money]:
    """What was found, by one of its keys alone."""
    sums: dict[Any, Money] = {}
    for keys, money in found.items():
        sums[keys[place]] = sums.get(keys[place], Money()) + money
    return sums


def _money(row: UsageRow, revenue: Decimal) -> Money:
    return Money(row.tokens, revenue, row.cost, row.uncosted)


# Of grants what their spent tokens earned, and of overage what its invoices did; at present rates, as costs are.
_RECOGNISED = """
    SELECT account_id, product_id, unit_id, month, sum(earned * c.reporting_rate)
    FROM (SELECT m.account_id, m.product_id, w.unit_id, m.month, m.currency, m.recognised AS earned
          FROM billing_grantmonth m
          JOIN wallets_grant g ON g.id = m.grant_id AND g.account_id = m.account_id
          JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
          WHERE m.month >= %(since)s AND m.month < %(until)s AND m.recognised <> 0 {whose}
          UNION ALL
          SELECT m.account_id, m.product_id, u.id, m.month, m.currency, m.earned
          FROM billing_billedmonth m
          LEFT JOIN billing_creditline k ON k.id = m.credit_id
          JOIN billing_invoiceline l ON l.id = coalesce(m.line_id, k.line_id)
          JOIN wallets_tokenunit u ON u.code = l.token
          WHERE m.month >= %(since)s AND m.month < %(until)s AND m.kind = 'overage' AND m.earned <> 0 {whose}) AS found
    JOIN wallets_currency c ON c.code = found.currency
    WHERE product_id IS NOT NULL AND unit_id = %(unit)s AND (%(product)s::bigint IS NULL OR product_id = %(product)s)
    GROUP BY 1, 2, 3, 4
"""
