"""Prices of one account's own: overrides, and versions it stays on. Each is a fact that holds from now or later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from config.kernel.database import call
from config.kernel.errors import FieldError, InvalidRequest
from pricing.errors import InstantInThePast
from pricing.models import Version
from pricing.rules.rows import RateRow, faults
from pricing.rules.ties import ties
from usage.errors import VersionNotBegun
from usage.models import Override, PriceLock
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.services import ledger


@dataclass(frozen=True, slots=True)
class OwnPriceOrder:
    """What an account is to pay for a feature or pattern instead of its table's rate.

    kind: fixed (`tokens` for `per` units), multiplier (`factor` times the rate), free, or none, which ends what was.
    effective_from: None is now.
    """

    feature: str
    kind: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    tokens: Decimal | None = None
    per: Decimal | None = None
    factor: Decimal | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None


@transaction.atomic
def override(
    *, account_id: UUID, order: OwnPriceOrder, author: Author, now: datetime | None = None
) -> Override:
    """Let the account pay its own price for a feature, from now or later, until an instant or without end.

    The rate it stands in for stays as it is; its minimum and rounding hold.

    Raises InvalidRequest, InstantInThePast.
    """
    _check(order, author.reason)
    moment, starts = _begin(account_id, order.effective_from, now)
    _check_ties(account_id, order)
    if order.effective_until is not None and order.effective_until <= starts:
        raise InvalidRequest.at("/effective_until", "An override ends after it starts.")
    made = Override.objects.create(
        account_id=account_id,
        feature=order.feature,
        dimensions=dict(order.dimensions),
        kind=order.kind,
        tokens=order.tokens,
        per=order.per if order.kind != "fixed" else order.per or Decimal(1),
        factor=order.factor,
        effective_from=starts,
        effective_until=order.effective_until,
        **_by(author, moment),
    )
    _changed(account_id)
    return made


@transaction.atomic
def keep_version(
    *,
    account_id: UUID,
    version: Version,
    until: datetime,
    author: Author,
    effective_from: datetime | None = None,
    now: datetime | None = None,
) -> PriceLock:
    """Let the account stay on a version that has begun, for usage until an instant, whatever is published meanwhile.

    One that has begun is never withdrawn.

    Raises InvalidRequest, InstantInThePast, VersionNotBegun.
    """
    _check_reason(author.reason)
    moment, starts = _begin(account_id, effective_from, now)
    if not Version.objects.started(moment).filter(pk=version.pk).exists():
        raise VersionNotBegun(f"{version} has not begun: an account stays on a version that was in force.")
    if until <= starts:
        raise InvalidRequest.at("/until", "A price lock ends after it starts.")
    made = PriceLock.objects.create(
        account_id=account_id,
        table_id=version.table_id,
        version=version,
        effective_from=starts,
        effective_until=until,
        **_by(author, moment),
    )
    _changed(account_id)
    return made


@transaction.atomic
def let_go(*, account_id: UUID, table_id: int, author: Author, now: datetime | None = None) -> PriceLock:
    """Let the account pay by whatever version is in force again, from now on.

    Raises InvalidRequest.
    """
    _check_reason(author.reason)
    moment, starts = _begin(account_id, None, now)
    made = PriceLock.objects.create(
        account_id=account_id, table_id=table_id, effective_from=starts, **_by(author, moment)
    )
    _changed(account_id)
    return made


def _begin(account_id: UUID, asked: datetime | None, now: datetime | None) -> tuple[datetime, datetime]:
    """Lock the account; answer the instant of recording and that of the start."""
    ledger.lock(account_id)
    moment = now or database_clock()
    if asked is not None and asked < moment:
        detail = "A price of an account's own holds from now or later."
        raise InstantInThePast(detail, errors=[FieldError("/effective_from", detail)])
    return moment, asked or moment


def _by(author: Author, moment: datetime) -> dict[str, Any]:
    return {"recorded_at": moment, "set_by": author.name, "reason": author.reason}


def _changed(account_id: UUID) -> None:
    call("SELECT usage_terms_changed_v1(%(account)s) AS revision", {"account": account_id})


AMOUNTS = {"fixed": {"tokens"}, "multiplier": {"factor"}, "free": set[str](), "none": set[str]()}


def _check(order: OwnPriceOrder, reason: str) -> None:
    _check_reason(reason)
    if order.kind not in AMOUNTS:
        raise InvalidRequest.at("/kind", f"An override is one of {', '.join(AMOUNTS)}.")
    given = {"tokens": order.tokens, "factor": order.factor}
    for name, amount in given.items():
        if (amount is not None) != (name in AMOUNTS[order.kind]):
            raise InvalidRequest.at(f"/{name}", f"{name} goes with the kind it is of, and only with that.")
        if amount is not None and not amount >= 0:
            raise InvalidRequest.at(f"/{name}", f"{name} is negative.")
    row = _row(order)
    found = faults(row)
    if found:
        raise InvalidRequest.at(f"/{found[0].field}", found[0].detail)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest.at("/reason", "A price of an account's own needs a reason.")


def _row(order: OwnPriceOrder | Override) -> RateRow:
    per = Decimal(1) if order.per is None else order.per
    return RateRow(order.feature, order.tokens or Decimal(0), per, dimensions=order.dimensions)


def _check_ties(account_id: UUID, order: OwnPriceOrder) -> None:
    """No usage may match two overrides with equal right."""
    others = {_row(each).key: _row(each) for each in Override.objects.filter(account_id=account_id)}
    others.pop(_row(order).key, None)
    tied = ties([*others.values(), _row(order)])
    if tied:
        raise InvalidRequest.at("/dimensions", tied[0].detail)
