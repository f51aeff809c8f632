"""What an account sets itself or has included: budgets, and allowances. Each change is a dated fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from config.kernel.database import call
from config.kernel.errors import Conflict, FieldError, InvalidRequest
from pricing.errors import InstantInThePast
from usage.errors import LimitChanged
from usage.models import Allowance, Budget, BudgetLimit, Seats
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.queries.units import unit_named
from wallets.services import ledger


@dataclass(frozen=True, slots=True)
class BudgetOrder:
    """What is to be counted together, and how much of it a window allows.

    per: a subject field, each of whose values counts apart. token: a unit's code; None is the default one.
    """

    code: str
    period: str
    tokens: Decimal
    is_hard: bool
    feature: str = "*"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    subject: Mapping[str, str] = field(default_factory=dict)
    per: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class AllowanceOrder:
    """Units of a feature or pattern to be included in each window. effective_from: None is now.

    units: None ends what the pattern has. carries: unused units that go into the next window.
    """

    pattern: str
    units: Decimal | None
    period: str
    anchor: date | None = None
    carries: Decimal | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None


@transaction.atomic
def open_budget(
    *, account_id: UUID, order: BudgetOrder, author: Author, now: datetime | None = None
) -> Budget:
    """Count these tokens of the account from now on, and refuse or tell what goes beyond.

    Raises InvalidRequest, Conflict where the account has a budget of this code.
    """
    ledger.lock(account_id)
    moment = now or database_clock()
    if Budget.objects.filter(account_id=account_id, code=order.code).exists():
        raise Conflict(f"The account has a budget {order.code} already.")
    budget = Budget(
        account_id=account_id,
        code=order.code,
        unit=unit_named(order.token),
        feature=order.feature,
        dimensions=dict(order.dimensions),
        subject=dict(order.subject),
        per=order.per,
        period=order.period,
        recorded_at=moment,
    )
    _check(budget)
    budget.save(force_insert=True)
    _limit(budget, order.tokens, order.is_hard, author, moment)
    return budget


@transaction.atomic
def change_budget(
    *,
    budget: Budget,
    tokens: Decimal | None,
    is_hard: bool,
    author: Author,
    seen: datetime | None = None,
    now: datetime | None = None,
) -> BudgetLimit:
    """Let the budget allow so much from now on; what was counted stays. tokens: None ends it.

    seen: when the limit was recorded that the person saw; None is whichever there is.

    Raises InvalidRequest, LimitChanged where it is another one by now.
    """
    ledger.lock(budget.account_id)
    if seen is not None:
        _check_seen(seen, budget.limits.filter(account_id=budget.account_id))
    return _limit(budget, tokens, is_hard, author, now or database_clock())


@transaction.atomic
def include(
    *,
    account_id: UUID,
    order: AllowanceOrder,
    author: Author,
    seen: datetime | None = None,
    now: datetime | None = None,
) -> Allowance:
    """Include these units for usage from now or later on, until an instant or without end.

    seen: when the latest fact of the pattern was recorded that the person saw; None is whichever there is.

    Raises InvalidRequest, InstantInThePast, LimitChanged where there is a later one by now.
    """
    ledger.lock(account_id)
    if seen is not None:
        _check_seen(seen, Allowance.objects.filter(account_id=account_id, pattern=order.pattern))
    moment = now or database_clock()
    _from_now(order.effective_from, moment, "An allowance holds from now or later.")
    allowance = Allowance(
        account_id=account_id,
        pattern=order.pattern,
        units=order.units,
        period=order.period,
        anchor=order.anchor,
        carries=order.carries,
        effective_from=order.effective_from or moment,
        effective_until=order.effective_until,
        recorded_at=moment,
        set_by=author.name,
        reason=author.reason,
    )
    _check(allowance)
    allowance.save(force_insert=True)
    _changed(account_id)
    return allowance


@transaction.atomic
def give_seats(
    *,
    account_id: UUID,
    pattern: str,
    seats: int | None,
    author: Author,
    effective_from: datetime | None = None,
    effective_until: datetime | None = None,
    now: datetime | None = None,
) -> Seats:
    """Let the account have so many base seats of a feature or pattern, from now or later. seats: None ends them.

    Seats that are taken beyond a lower number stay base seats until they are given back.

    Raises InvalidRequest, InstantInThePast.
    """
    ledger.lock(account_id)
    moment = now or database_clock()
    _from_now(effective_from, moment, "Seats hold from now or later.")
    given = Seats(
        account_id=account_id,
        pattern=pattern,
        seats=seats,
        effective_from=effective_from or moment,
        effective_until=effective_until,
        recorded_at=moment,
        set_by=author.name,
        reason=author.reason,
    )
    _check(given)
    given.save(force_insert=True)
    _changed(account_id)
    return given


def _from_now(asked: datetime | None, moment: datetime, detail: str) -> None:
    if asked is not None and asked < moment:
        raise InstantInThePast(detail, errors=[FieldError("/effective_from", detail)])


def _check_seen(seen: datetime, rows: QuerySet[Any]) -> None:
    latest = rows.order_by("-recorded_at", "-pk").first()
    if latest is not None and latest.recorded_at != seen:
        raise LimitChanged(latest.recorded_at, latest.set_by)


def _limit(
    budget: Budget, tokens: Decimal | None, is_hard: bool, author: Author, moment: datetime
) -> BudgetLimit:
    limit = BudgetLimit(
        account_id=budget.account_id,
        budget=budget,
        tokens=tokens,
        is_hard=is_hard,
        recorded_at=moment,
        set_by=author.name,
        reason=author.reason,
    )
    _check(limit)
    limit.save(force_insert=True)
    _changed(budget.account_id)
    return limit


def _check(row: Budget | BudgetLimit | Allowance | Seats) -> None:
    """Say in a sentence what the database would refuse."""
    try:
        row.full_clean(exclude=["account", "budget", "id"], validate_unique=False)
    except ValidationError as fault:
        name, sentences = next(iter(fault.message_dict.items()))
        raise InvalidRequest.at(f"/{name}" if name != "__all__" else "", sentences[0]) from None


def _changed(account_id: UUID) -> None:
    call("SELECT usage_terms_changed_v1(%(account)s) AS revision", {"account": account_id})
