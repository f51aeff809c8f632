"""Advice: every account is looked at once a day, and what there is reason for stands with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.models import Advice
from billing.queries.account_figures import figures_of, uses_of
from billing.queries.account_signals import seen_of
from billing.rules.signals import Signal, signals
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from usage.queries.rolled import rolled
from wallets.models import Account
from wallets.rules.slots import slot_of

ADVISE_AT = timedelta(hours=1)
"""When accounts are looked at, in UTC: once the day before is rolled up."""
PAGE = 200


def advise_once_a_day(now: datetime | None = None) -> bool:
    """Look at every active account, unless that was done today; answers whether it was done here.

    It waits until the day before is rolled up.
    """
    moment = now or database_clock()
    if not rolled().has_yesterday:
        return False
    day = slot_of(moment - ADVISE_AT, timedelta(days=1)) + ADVISE_AT
    return once_a_period(job="advise", period=period_of(day), work=lambda: advise(moment))


def advise(moment: datetime) -> dict[str, Any]:
    """Look at every active account, and end the advice that nothing speaks for any more; answers how much of each.

    A page of accounts is a transaction.
    """
    count, after = 0, None
    while page := _page(after):
        count += _advise(page, moment)
        after = page[-1].pk
    gone, _ = Advice.objects.filter(seen_at__lt=moment).delete()
    return {"advice": count, "gone": gone}


def _page(after: UUID | None) -> list[Account]:
    rows = Account.objects.filter(state="active", wallets__isnull=False).distinct().order_by("pk")
    return list(rows.filter(pk__gt=after)[:PAGE] if after else rows[:PAGE])


def _advise(page: Sequence[Account], moment: datetime) -> int:
    uses = uses_of(page, moment)
    seen = seen_of(figures_of(page, uses, moment), uses, moment)
    found = [(pk, signal) for pk, each in seen for signal in signals(each)]
    with transaction.atomic():
        Advice.objects.bulk_create(
            [_row(pk, signal, moment) for pk, signal in found],
            update_conflicts=True,
            unique_fields=["customer", "code", "period"],
            update_fields=["title", "evidence", "rows", "due_on", "seen_at"],
        )
    return len(found)


def _row(account_id: UUID, signal: Signal, moment: datetime) -> Advice:
    return Advice(
        customer_id=account_id,
        code=signal.code,
        period=signal.period,
        title=signal.title,
        evidence=signal.evidence,
        rows=list(signal.rows),
        due_on=signal.due_on,
        found_at=moment,
        seen_at=moment,
    )
