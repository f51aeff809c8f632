"""Noting what changed beside debits: something is available again or nothing any more, a grace or a hold is over."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction

from config.kernel.database import call
from config.kernel.running import once_a_period, period_of
from usage.queries.changes import accounts_to_observe
from usage.queries.moments import database_clock
from wallets.rules.slots import slot_of
from wallets.services import sweeping
from wallets.services.sweeping import Swept

SLOT = timedelta(seconds=30)

log = logging.getLogger(__name__)


@transaction.atomic(savepoint=False)
def observe(*, account_id: UUID, now: datetime | None = None) -> None:
    """Note the changes of an account that nobody has noted yet; once each, however often it is called."""
    call("SELECT usage_observe_v1(%(account)s, %(now)s) AS noted", {"account": account_id, "now": now})


def expire_due(now: datetime | None = None) -> Swept:
    """Book out what has expired, and note in the same transaction which wallets have nothing left by it."""
    return sweeping.expire_due(
        now, then=lambda account_id, moment: observe(account_id=account_id, now=moment)
    )


def observe_due(now: datetime | None = None) -> None:
    """Note what time alone has changed: graces that are over, wallets that were empty and are not any more.

    And forget the rooms that ended holds kept in budgets and allowances, which every call of their account looks at.
    Once a slot; what could not be locked in time is found again by the next.
    """
    moment = now or database_clock()
    due = accounts_to_observe(moment)
    if not due:
        return

    def work() -> dict[str, Any]:
        failed = sum(not _is_observed(account_id, now) for account_id in due)
        error = {"error": f"{failed} accounts could not be looked at"} if failed else {}
        return {"accounts": len(due) - failed, **error}

    once_a_period(job="note changes", period=period_of(slot_of(moment, SLOT)), work=work)


def _is_observed(account_id: UUID, now: datetime | None) -> bool:
    try:
        observe(account_id=account_id, now=now)
    except DatabaseError:
        log.warning(
            "Account %s could not be looked at; the next slot finds it again.", account_id, exc_info=True
        )
        return False
    return True
