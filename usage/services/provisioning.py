"""Putting an account's budgets, allowances and access: what is asked holds afterwards, and what held is not written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from msgspec import UNSET, UnsetType

from config.kernel.errors import Conflict, FieldError, InvalidRequest, NotFound
from pricing.models.rate import FEATURE_PATTERN
from usage.models import Allowance, Budget
from usage.models.budget import CODE_PATTERN, CODE_WORDING
from usage.queries import access, allowances, limits_told
from usage.queries.moments import database_clock
from usage.rules.limits_asked import (
    AccessAsked,
    AllowanceAsked,
    BudgetAsked,
    Inclusion,
    included_at,
    to_say,
)
from usage.services import entitling, limiting
from usage.services.authors import Author
from usage.services.entitling import AccessOrder
from usage.services.limiting import AllowanceOrder, BudgetOrder
from wallets.models import Account, TokenUnit
from wallets.queries.accounts import account_named
from wallets.queries.units import unit_named
from wallets.services import ledger

PATTERN_WORDING = "Expected a feature's code, or a pattern that ends in *."


@dataclass(frozen=True, slots=True)
class Put:
    """What holds now, as callers see it. is_new: there was nothing of this name before."""

    answer: dict[str, Any]
    is_new: bool


@transaction.atomic
def put_budget(
    *, reference: str, code: str, asked: BudgetAsked, author: Author, now: datetime | None = None
) -> Put:
    """Open the budget, or let it allow so much from now on, or end it. What it counts never changes.

    Raises InvalidRequest, NotFound without such an account or where a budget that there is not is to end, UnitMissing,
    Conflict where it counts something else already.
    """
    _check_name(code, CODE_PATTERN, CODE_WORDING)
    if isinstance(asked.feature, str) and not re.fullmatch(FEATURE_PATTERN, asked.feature):
        raise InvalidRequest.at("/feature", PATTERN_WORDING)
    account, moment = _locked(reference, now)
    budget = Budget.objects.filter(account_id=account.pk, code=code).first()
    if budget is None:
        order = _budget_order(code, asked)
        limiting.open_budget(account_id=account.pk, order=order, author=author, now=moment)
    else:
        _check_it_counts(budget, asked)
        _change(budget, asked, author, moment)
    return Put(limits_told.budget_at(account, code, moment), budget is None)


@transaction.atomic
def put_allowance(
    *, reference: str, pattern: str, asked: AllowanceAsked, author: Author, now: datetime | None = None
) -> Put:
    """Include these units for usage from now or later on, or end what the pattern has. What is scheduled later stays.

    Raises InvalidRequest, InstantInThePast, NotFound.
    """
    _check_name(pattern, FEATURE_PATTERN, PATTERN_WORDING)
    account, moment = _locked(reference, now)
    begins = asked.effective_from or moment
    facts = allowances.facts_of(account.pk, pattern)
    held = included_at(facts, begins)
    wanted = asked.merged(held)
    is_replaced = any(begins < fact.effective_from <= moment for fact in facts)
    if wanted != held or is_replaced:
        if wanted is not None:
            _check_end(wanted.effective_until, begins)
        order = _allowance_order(pattern, wanted, held, asked.effective_from)
        limiting.include(account_id=account.pk, order=order, author=author, now=moment)
    return Put(limits_told.allowance_at(account, pattern, moment), not facts and wanted is not None)


@transaction.atomic
def put_access(
    *, reference: str, pattern: str, asked: AccessAsked, author: Author, now: datetime | None = None
) -> Put:
    """Let a feature or pattern be open or closed, or say nothing of it any more, from now or later on.

    Raises InvalidRequest, InstantInThePast, NotFound, Conflict where what was bought would end too.
    """
    _check_name(pattern, FEATURE_PATTERN, PATTERN_WORDING)
    account, moment = _locked(reference, now)
    begins = asked.effective_from or moment
    facts = access.facts_of(account.pk, pattern)
    told = to_say(facts, asked, begins, moment)
    if told.bought is not None:
        until = told.bought.told["effective_until"]
        raise Conflict(
            f"With what was said would end what a purchase opens until {until}. Only a closing ends that: close it "
            "first, or wait until then."
        )
    for kind, until in told.facts:
        _check_end(until, begins)
        order = AccessOrder(pattern, kind, asked.effective_from, until)
        entitling.say(account_id=account.pk, order=order, author=author, now=moment)
    return Put(limits_told.access_at(account, pattern, moment), not facts and bool(told.facts))


def _locked(reference: str, now: datetime | None) -> tuple[Account, datetime]:
    """The account under its lock, and the instant at which what is put takes effect."""
    account = account_named(reference)
    ledger.lock(account.pk)
    return account, now or database_clock()


def _check_name(name: str, pattern: str, wording: str) -> None:
    if not re.fullmatch(pattern, name):
        raise InvalidRequest(f"The path cannot name this. {wording}")


def _check_end(until: datetime | None, begins: datetime) -> None:
    if until is not None and until <= begins:
        raise InvalidRequest.at(
            "/effective_until", "The end has to lie after the start, which is now where none is named."
        )


def _allowance_order(
    pattern: str, wanted: Inclusion | None, held: Inclusion | None, effective_from: datetime | None
) -> AllowanceOrder:
    """What includes `wanted`, or ends what the pattern held before. effective_from: None is now."""
    if wanted is None:
        period = held.period if held else Allowance.Period.MONTH
        return AllowanceOrder(pattern=pattern, units=None, period=period, effective_from=effective_from)
    return AllowanceOrder(
        pattern=pattern,
        units=wanted.units,
        period=wanted.period,
        anchor=wanted.anchor,
        carries=wanted.carries,
        effective_from=effective_from,
        effective_until=wanted.effective_until,
    )


def _budget_order(code: str, asked: BudgetAsked) -> BudgetOrder:
    """A budget that is to be opened. Raises InvalidRequest, NotFound, UnitMissing."""
    if asked.tokens is None:
        raise NotFound(f"The account has no budget {code}, so there is nothing to end.")
    if isinstance(asked.tokens, UnsetType):
        raise InvalidRequest.at("/tokens", "Say how many tokens a window of the new budget allows.")
    if isinstance(asked.period, UnsetType):
        raise InvalidRequest.at("/period", "Say over which period the new budget counts.")
    tokens, is_hard = asked.limit(asked.tokens, is_hard=True)
    assert tokens is not None
    return BudgetOrder(
        code=code, tokens=tokens, is_hard=is_hard, token=_unit(asked.token).code, **asked.counted()
    )


def _check_it_counts(budget: Budget, asked: BudgetAsked) -> None:
    """Refuse to let a budget count something else. Raises Conflict, UnitMissing."""
    wrong = [name for name, wanted in asked.counted().items() if getattr(budget, name) != wanted]
    if asked.token is not UNSET and _unit(asked.token).pk != budget.unit_id:
        wrong.append("token")
    if wrong:
        told = ", ".join(wrong)
        detail = f"The budget {budget.code} counts by another {told}, and what it counts never changes."
        raise Conflict(
            f"{detail} End it and open another one.",
            errors=[FieldError(f"/{name}", detail) for name in wrong],
        )


def _change(budget: Budget, asked: BudgetAsked, author: Author, moment: datetime) -> None:
    held = budget.limits.order_by("-recorded_at", "-pk").values_list("tokens", "is_hard")[0]
    tokens, is_hard = asked.limit(*held)
    if (tokens, is_hard) != held:
        limiting.change_budget(budget=budget, tokens=tokens, is_hard=is_hard, author=author, now=moment)


def _unit(code: str | None | UnsetType) -> TokenUnit:
    """Raises UnitMissing."""
    return unit_named(None if isinstance(code, UnsetType) else code)
