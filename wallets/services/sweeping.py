"""Booking what time has done: grants that have ended or started, holds that have ended. No token waits for it."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from config.kernel.running import once_a_period, period_of
from wallets.models import Wallet
from wallets.queries.due import Due, accounts_to_expire, accounts_to_start, accounts_with_ended_holds
from wallets.rules.slots import slot_of
from wallets.services import ledger

SLOT = timedelta(seconds=30)

Then = Callable[[UUID, datetime | None], None]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep booked, of grants or of holds.

    failed: accounts that could not be locked in time; the next sweep finds them again.
    """

    accounts: int = 0
    booked: int = 0
    failed: int = 0


def expire_due(now: datetime | None = None, *, then: Then | None = None) -> Swept:
    """Book out what has expired, account by account, each in a transaction of its own.

    now: null in production; the database's clock decides. then: done in the same transaction, for each account.
    """

    def expire(account_id: UUID, now: datetime | None) -> int:
        count = ledger.expire(account_id=account_id, now=now)
        if then:
            then(account_id, now)
        return count

    return _sweep("expire grants", accounts_to_expire, expire, now)


def start_due(now: datetime | None = None) -> Swept:
    """Bring into force the grants whose start has passed, account by account, each in a transaction of its own."""
    return _sweep("start grants", accounts_to_start, _settle, now)


def expire_holds_due(now: datetime | None = None) -> Swept:
    """End the holds that are past their end, account by account, each in a transaction of its own."""
    return _sweep("expire holds", accounts_with_ended_holds, _settle, now)


def settle_if_due(account_id: UUID) -> None:
    """Start the account's grants and end its holds whose instant has passed; takes no lock where there are none."""
    if Wallet.objects.filter(account_id=account_id, next_due_at__lte=_clock()).exists():
        ledger.settle(account_id=account_id)


def _settle(account_id: UUID, now: datetime | None) -> int:
    return ledger.settle(account_id=account_id, now=now)


def _sweep(job: str, due: Due, book: Callable[[UUID, datetime | None], int], now: datetime | None) -> Swept:
    """Sweep what is due, once a slot: of two bells in one slot the second finds the work done."""
    moment = now or _clock()
    swept = Swept()
    found = due(moment)
    first = next(found, None)
    if first is None:
        return swept

    def work() -> dict[str, Any]:
        for account_id in chain([first], found):
            _book(account_id, book, now, swept)
        return _told(swept)

    once_a_period(job=job, period=period_of(slot_of(moment, SLOT)), work=work)
    return swept


def _told(swept: Swept) -> dict[str, Any]:
    """The figures kept with the run; the word `error` calls a person."""
    error = {"error": f"{swept.failed} accounts could not be swept"} if swept.failed else {}
    return {**asdict(swept), **error}


def _book(
    account_id: UUID, book: Callable[[UUID, datetime | None], int], now: datetime | None, swept: Swept
) -> None:
    try:
        with transaction.atomic():
            count = book(account_id, now)
    except DatabaseError:
        log.warning(
            "Account %s could not be swept; the next sweep finds it again.", account_id, exc_info=True
        )
        swept.failed += 1
    else:
        swept.accounts += 1
        swept.booked += count


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
