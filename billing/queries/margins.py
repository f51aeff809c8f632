"""What customers paid for a token."""

from __future__ import annotations

from decimal import Decimal

from billing.queries.recent import patiently
from billing.rules.margins import Worth, average_price
from wallets.models import Currency


def worth_of(token: str) -> Worth:
    """The average price of a token of this unit, over all purchases whose price is written, less what was taken back.

    A transfer moves tokens with their price, so that each is counted once.
    """
    currencies = list(Currency.objects.all())
    rates = {each.code: each.reporting_rate for each in currencies}
    reporting = next((each.code for each in currencies if each.is_reporting), "")
    rows = patiently(_PAID, {"token": token})
    if rows is None:
        unknown = "There are too many purchases to average while a page waits."
        return Worth(None, Decimal(0), reporting, rates, unknown)
    ((paid, sold),) = rows
    unknown = f"No {token} was ever sold at a known price."
    return Worth(average_price(paid, sold), sold, reporting, rates, unknown)


_PAID = """
    SELECT coalesce(sum((g.tokens - g.voided) * g.draw_cost), 0), coalesce(sum(g.tokens - g.voided), 0)
    FROM wallets_grant AS g
    JOIN wallets_wallet AS w ON w.id = g.wallet_id AND w.account_id = g.account_id
    JOIN wallets_tokenunit AS u ON u.id = w.unit_id
    WHERE g.kind = 'purchase' AND g.unit_cost IS NOT NULL AND u.code = %(token)s
"""
