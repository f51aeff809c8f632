"""Rules that buy packs, for tests, in a line each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from billing.models import Offer, TopUp, TopUpRule
from billing.rules.top_ups import RuleAsked
from billing.services import top_up_rules, top_ups
from billing.tests.orders.sold import an_offer, bought
from usage.tests.made import AUTHOR
from wallets.models import Account
from wallets.queries.balances import holding_now
from wallets.queries.units import unit_named


def a_pack(tokens: str = "500", price: str = "40") -> Offer:
    return an_offer(price, tokens=[bought(tokens)])


def asked(pack: Offer, **said: Any) -> RuleAsked:
    """Below 1,000 up to 5,000, at most three times a month, unless other things are said."""
    given = {"threshold": "1000", "fill_to": "5000", "most": 3, "window": "month"} | said
    amounts = {
        name: Decimal(given[name]) for name in ("threshold", "fill_to", "most_amount") if given.get(name)
    }
    return RuleAsked(sku=pack.code, **{**given, **amounts})


def a_rule(account: Account, pack: Offer, *, now: datetime | None = None, **said: Any) -> TopUpRule:
    return top_up_rules.set_rule(account_id=account.pk, asked=asked(pack, **said), author=AUTHOR, now=now)


def topped_up(rule: TopUpRule, now: datetime | None = None) -> TopUp | None:
    return top_ups.top_up(account_id=rule.account_id, rule_id=rule.pk, now=now)


def available(account: Account, now: datetime | None = None) -> Decimal:
    return holding_now(account.pk, unit_named(None).pk, now).available
