"""What an account may use: opened, closed, or no longer said. Each change is a dated fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from psycopg.errors import LockNotAvailable

from config.kernel.database import call
from config.kernel.errors import FieldError, InvalidRequest
from config.kernel.signing import signed
from pricing.errors import InstantInThePast, TableBusy
from usage.models import Access, Unlock
from usage.queries.access import facts_of
from usage.queries.moments import database_clock
from usage.rules.access import BOUGHT, EVERYTHING, PORTFOLIO, Says
from usage.services.authors import Author
from wallets.services import ledger


@dataclass(frozen=True, slots=True)
class AccessOrder:
    """What is said of a feature or pattern: open, closed, or none, which ends what was said of it before.

    effective_from: None is now. effective_until: None is without end.
    """

    pattern: str
    kind: str
    effective_from: datetime | None = None
    effective_until: datetime | None = None


@transaction.atomic
def say(*, account_id: UUID, order: AccessOrder, author: Author, now: datetime | None = None) -> Access:
    """Let the account use a feature or pattern, or not, from now or later, until an instant or without end.

    Raises InvalidRequest, InstantInThePast.
    """
    ledger.lock(account_id)
    return _said(account_id, order, author, now or database_clock())


@transaction.atomic
def set_mode(*, account_id: UUID, mode: str, author: Author, now: datetime | None = None) -> bool:
    """Let the account use the whole portfolio, or only what was bought, from now on; answers whether that is new.

    Only what was bought: everything is closed that is not opened by a closer pattern.

    Raises InvalidRequest.
    """
    if mode not in (PORTFOLIO, BOUGHT):
        raise InvalidRequest.at("/mode", f"An account may use its {PORTFOLIO} or what was {BOUGHT}.")
    ledger.lock(account_id)
    moment = now or database_clock()
    if Says(facts_of(account_id, EVERYTHING), moment).mode == mode:
        return False
    order = AccessOrder(EVERYTHING, "closed" if mode == BOUGHT else "none")
    _said(account_id, order, author, moment)
    return True


@transaction.atomic
def save_unlock(unlock: Unlock, *, user: Any = None, reason: str = "") -> Unlock:
    """Let a feature open others from the next debit on, or differently, or no longer. Waits for the debits under way.

    Raises TableBusy.
    """
    try:
        signed(unlock, user, reason).save()
    except OperationalError as fault:
        if isinstance(fault.__cause__, LockNotAvailable):
            raise TableBusy("Debits are under way that this concerns; try again.") from fault
        raise
    return unlock


def _said(account_id: UUID, order: AccessOrder, author: Author, moment: datetime) -> Access:
    if order.effective_from is not None and order.effective_from < moment:
        detail = "Access changes from now or later."
        raise InstantInThePast(detail, errors=[FieldError("/effective_from", detail)])
    fact = Access(
        account_id=account_id,
        pattern=order.pattern,
        kind=order.kind,
        effective_from=order.effective_from or moment,
        effective_until=order.effective_until,
        recorded_at=moment,
        set_by=author.name,
        reason=author.reason,
    )
    _check(fact)
    fact.save(force_insert=True)
    call("SELECT usage_terms_changed_v1(%(account)s) AS revision", {"account": account_id})
    return fact


def _check(fact: Access) -> None:
    """Say in a sentence what the database would refuse."""
    try:
        fact.full_clean(exclude=["account", "debit", "id"], validate_unique=False)
    except ValidationError as fault:
        name, sentences = next(iter(fault.message_dict.items()))
        raise InvalidRequest.at(f"/{name}" if name != "__all__" else "", sentences[0]) from None
