"""What customers paid for a token."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from billing.queries.recent import patiently
from billing.rules.margins import Margin, Worth, average_price, margin
from pricing.models import RateTable, ReviewRule
from pricing.rules.costs import UnitCost
from pricing.rules.rows import RateRow
from pricing.rules.second_person import MarginOf
from wallets.models import Currency


def worth_of(token: str) -> Worth:
    """The average price of a token of this unit, over all purchases whose price is written, less what was taken back.

    A transfer moves tokens with their price, so that each is counted once.
    """
    return worths_of([token])[token]


def worths_of(tokens: Collection[str]) -> dict[str, Worth]:
    """What a token of each of these units is worth, in as many statements for many units as for one."""
    currencies = list(Currency.objects.all())
    rates = {each.code: each.reporting_rate for each in currencies}
    reporting = next((each.code for each in currencies if each.is_reporting), "")
    rows = patiently(_PAID, {"tokens": list(tokens)})
    if rows is None:
        unknown = "There are too many purchases to average while a page waits."
        return {token: Worth(None, Decimal(0), reporting, rates, unknown, True) for token in tokens}
    bought = {token: (paid, sold) for token, paid, sold in rows}
    return {token: _worth(token, bought.get(token), reporting, rates) for token in tokens}


def _worth(
    token: str, bought: tuple[Decimal, Decimal] | None, reporting: str, rates: Mapping[str, Decimal]
) -> Worth:
    paid, sold = bought or (Decimal(0), Decimal(0))
    unknown = f"No {token} was ever sold at a known price."
    return Worth(average_price(paid, sold), sold, reporting, rates, unknown)


def margins_at(token: str) -> MarginOf | None:
    """What a rate leaves at the average price of a token of this unit; None where no rule asks for that."""
    if not ReviewRule.objects.active().filter(kind=ReviewRule.Kind.MARGIN).exists():
        return None
    worth = worth_of(token)

    def margin_of(row: RateRow, cost: UnitCost) -> Margin:
        return margin(row, worth, cost)

    return margin_of


def margins_of(table: str, token: str) -> MarginOf | None:
    """`margins_at` the unit of a rate table, by its code; at `token` where the table is not made yet."""
    known = RateTable.objects.filter(code=table).values_list("token", flat=True).first()
    return margins_at(known or token)


# An order may have changed what is paid for a grant: then its tokens cost what they do since the last change.
_PAID = """
    SELECT u.code, sum((g.tokens - g.voided) * CASE WHEN c.id IS NULL THEN g.draw_cost ELSE
               coalesce((c.recognised + c.deferred) * g.exchange_rate / nullif(c.spent + c.remaining, 0), 0) END),
           sum(g.tokens - g.voided)
    FROM wallets_grant AS g
    JOIN wallets_wallet AS w ON w.id = g.wallet_id AND w.account_id = g.account_id
    JOIN wallets_tokenunit AS u ON u.id = w.unit_id
    LEFT JOIN (SELECT DISTINCT ON (account_id, grant_id) * FROM billing_grantrepricing
               ORDER BY account_id, grant_id, id DESC) AS c ON c.account_id = g.account_id AND c.grant_id = g.id
    WHERE g.kind = 'purchase' AND g.unit_cost IS NOT NULL AND u.code = ANY (%(tokens)s)
    GROUP BY u.code
"""
