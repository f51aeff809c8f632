"""The tab of top-ups: the rule by which an account buys packs by itself, and what it bought."""

from __future__ import annotations

from typing import Any

from billing.queries.account_page import Summary
from billing.queries.hand_acts import payments_asked
from billing.queries.top_ups_shown import rule_shown, top_ups_of
from wallets.models import Account


def shown(account: Account, summary: Summary) -> dict[str, Any]:
    """What the tab shows in the unit of the page."""
    asked = payments_asked(account.pk)
    return {
        "top_up": rule_shown(account, summary.unit, summary.holding, summary.moment),
        "top_ups": [(each, str(each.pk) in asked) for each in top_ups_of(account, summary.unit)],
    }
