"""The tab of top-ups: the rule by which an account buys packs by itself, and what it bought."""

from __future__ import annotations

from typing import Any

from billing.queries.account_page import Summary
from billing.queries.top_ups_shown import rule_shown, top_ups_of
from wallets.models import Account


def shown(account: Account, summary: Summary) -> dict[str, Any]:
    """What the tab shows in the unit of the page."""
    return {
        "top_up": rule_shown(account, summary.unit, summary.holding, summary.moment),
        "top_ups": top_ups_of(account, summary.unit),
    }
