"""Rules that buy packs, and what they bought, as callers are answered."""

from __future__ import annotations

from typing import Any

from billing.models import TopUp, TopUpRule
from billing.queries.top_ups import rule_of, taken_in_window
from billing.queries.top_ups_shown import top_ups_of
from config.kernel.amounts import plain, tokens
from config.kernel.errors import NotFound
from usage.queries.moments import database_clock
from usage.rules.answers import instant, instant_or_none
from wallets.queries.accounts import account_named
from wallets.queries.units import unit_named

Answer = dict[str, Any]


def top_up_rule(reference: str, token: str | None) -> Answer:
    """The account's rule for a token unit, what its present window has, and what it bought last.

    Raises NotFound, UnitMissing.
    """
    account, unit = account_named(reference), unit_named(token, "token")
    rule = rule_of(account.pk, unit.pk)
    if rule is None:
        raise NotFound(f"The account {reference} has no rule by which it buys {unit.code}.")
    taken = taken_in_window(rule, database_clock())
    return {
        "account": reference,
        "token": unit.code,
        "threshold": tokens(rule.threshold),
        "fill_to": tokens(rule.fill_to),
        "sku": rule.sku,
        "most": rule.most,
        "window": rule.window,
        "most_packs": rule.most_packs,
        "most_amount": None if rule.most_amount is None else plain(rule.most_amount),
        "needs_payment": rule.needs_payment,
        "breaks_after": rule.breaks_after,
        "state": _state(rule),
        "reason": rule.reason or None,
        "set_at": instant(rule.set_at),
        "bought": taken.count,
        "spent": plain(taken.spent),
        "window_ends_at": instant(taken.ends_at),
        "top_ups": [top_up(each) for each in top_ups_of(account, unit)],
    }


def top_up(made: TopUp) -> Answer:
    """One purchase."""
    return {
        "id": str(made.pk),
        "state": made.state,
        "number": made.number,
        "reached_at": instant(made.reached_at),
        "available": tokens(made.available),
        "sku": made.sku,
        "quantity": made.quantity,
        "tokens": tokens(made.tokens),
        "amount": plain(made.amount),
        "currency": made.currency or None,
        "order": made.external_id if made.order_id else None,
        "reason": made.reason or None,
        "settled_at": instant_or_none(made.settled_at),
    }


def _state(rule: TopUpRule) -> str:
    return "broken" if rule.is_broken else "on" if rule.is_on else "off"
