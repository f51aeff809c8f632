"""Budgets, allowances and access as programs read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from config.kernel.amounts import plain, tokens
from config.kernel.errors import InvalidRequest, NotFound
from usage.models import Budget
from usage.queries import limits_shown
from usage.queries.moments import database_clock
from usage.rules.answers import instant, instant_or_none
from usage.rules.limits_shown import (
    NOTHING,
    AccessShown,
    AllowanceShown,
    BudgetShown,
    LimitShown,
    ValueShown,
)
from wallets.models import Account
from wallets.queries.accounts import account_named

Answer = dict[str, Any]
STATES = {"open": "open", "closed": "closed", "none": "default"}
"""What is said of access, by the kind of its fact."""
MOST_LIMITS = 100
"""How many limits of a budget's history are told, the latest."""


def budgets_page(reference: str, *, after: str | None, limit: int) -> tuple[Answer, list[Answer]]:
    """What the list says of itself, and at most `limit` budgets in the order of their codes, after the one given.

    Raises NotFound.
    """
    account, moment = account_named(reference), database_clock()
    known = Budget.objects.filter(account_id=account.pk, code__gt=after or "")
    codes = list(known.order_by("code").values_list("code", flat=True)[:limit])
    found = limits_shown.budgets_of(account.pk, moment, codes=codes) if codes else []
    return _head(account, moment), [
        _budget(each) for each in sorted(found, key=lambda each: codes.index(each.code))
    ]


def budget(reference: str, code: str, value: str | None = None) -> Answer:
    """One budget with its history. value: the only one to be told of; the most used ones where it is None.

    Raises NotFound, InvalidRequest where the budget counts no values apart.
    """
    return budget_at(account_named(reference), code, database_clock(), value)


def budget_at(account: Account, code: str, moment: datetime, value: str | None = None) -> Answer:
    """The same of an account, as of an instant that is not past.

    Raises NotFound, InvalidRequest.
    """
    found = limits_shown.budgets_of(account.pk, moment, codes=[code], value=value)
    if not found:
        raise NotFound(f"The account has no budget {code}.")
    if value is not None and not found[0].per:
        raise InvalidRequest.at("value", f"The budget {code} counts no values apart.")
    history = limits_shown.history_of_budget(account.pk, found[0].id)[:MOST_LIMITS]
    head = _head(account, moment)
    shown = found[0]
    if value is not None and not shown.values:
        shown = replace(shown, values=[ValueShown(value, NOTHING, NOTHING, shown.limit.tokens)])
    return head | _budget(shown) | {"limits": [_limit(each) for each in history]}


def allowances(reference: str) -> tuple[Answer, list[Answer]]:
    """What the list says of itself, and the allowances in force and those that begin later.

    Raises NotFound.
    """
    account, moment = account_named(reference), database_clock()
    found = limits_shown.allowances_of(account.pk, moment)
    return _head(account, moment), [_allowance(each) for each in (*found.present, *found.scheduled)]


def allowance_at(account: Account, pattern: str, moment: datetime) -> Answer:
    """What a pattern includes at an instant that is not past, and later."""
    found = limits_shown.allowances_of(account.pk, moment)
    present = [_allowance(each) for each in found.present if each.pattern == pattern]
    scheduled = [_allowance(each) for each in found.scheduled if each.pattern == pattern]
    told = {"pattern": pattern, "present": present[0] if present else None, "scheduled": scheduled}
    return _head(account, moment) | told


def access(reference: str) -> tuple[Answer, list[Answer]]:
    """What the list says of itself, and what is said of access now and later.

    Raises NotFound.
    """
    account, moment = account_named(reference), database_clock()
    found = limits_shown.access_of(account.pk, moment)
    head = _head(account, moment) | {"entitlements": found.mode}
    return head, [_access(each, moment) for each in (*found.present, *found.scheduled)]


def access_at(account: Account, pattern: str, moment: datetime) -> Answer:
    """What is said of a pattern at an instant that is not past, and later."""
    found = limits_shown.access_of(account.pk, moment)
    said = [each for each in (*found.present, *found.scheduled) if each.pattern == pattern]
    deciding = next((each for each in said if each.decides), None)
    return _head(account, moment) | {
        "pattern": pattern,
        "state": STATES[deciding.kind if deciding else "none"],
        "effective_until": instant_or_none(deciding.effective_until) if deciding else None,
        "facts": [_access(each, moment) for each in said],
    }


def _head(account: Account, moment: datetime) -> Answer:
    return {"account": account.reference, "as_of": instant(moment)}


def _budget(shown: BudgetShown) -> Answer:
    return {
        "code": shown.code,
        "token": shown.token,
        "feature": shown.feature,
        "subject": dict(shown.subject),
        "dimensions": dict(shown.dimensions),
        "per": shown.per or None,
        "period": shown.period,
        "opened_at": instant(shown.opened_at),
        **_limit(shown.limit),
        "starts_on": shown.starts_on.isoformat() if shown.starts_on else None,
        "resets_at": instant_or_none(shown.resets_at),
        "values": [_value(each) for each in shown.values],
        "more_values": shown.others,
    }


def _limit(shown: LimitShown) -> Answer:
    return {
        "tokens": None if shown.tokens is None else tokens(shown.tokens),
        "hard": shown.is_hard,
        "since": instant(shown.since),
        "reason": shown.reason or None,
    }


def _value(shown: ValueShown) -> Answer:
    return {
        "value": shown.value or None,
        "spent": tokens(shown.spent),
        "held": tokens(shown.held),
        "available": None if shown.left is None else tokens(shown.left),
    }


def _allowance(shown: AllowanceShown) -> Answer:
    window = shown.window
    return {
        "pattern": shown.pattern,
        "state": "scheduled" if window is None else "present",
        "units": None if shown.units is None else plain(shown.units),
        "period": shown.period,
        "anchor": shown.anchor.isoformat() if shown.anchor else None,
        "carries": plain(shown.carries),
        "effective_from": instant(shown.effective_from),
        "effective_until": instant_or_none(shown.effective_until),
        "reason": shown.reason or None,
        "window": window
        and {
            "starts_on": window.starts_on.isoformat() if window.starts_on else None,
            "carried_in": plain(window.carried_in),
            "used": plain(window.used),
            "held": plain(window.held),
            "available": plain(window.left),
            "resets_at": instant_or_none(window.resets_at),
        },
    }


def _access(shown: AccessShown, moment: datetime) -> Answer:
    return {
        "pattern": shown.pattern,
        "state": STATES[shown.kind],
        "decides": shown.decides,
        "effective_from": instant(shown.effective_from),
        "effective_until": instant_or_none(shown.effective_until),
        "debit": None if shown.debit_id is None else str(shown.debit_id),
        "reason": shown.reason or None,
    }
