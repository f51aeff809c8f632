"""What is done once a night."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.models import Connection
from billing.queries.reconciliation import days_to_reconcile
from billing.rules.months import SETTLES_IN, end_of, last_day
from billing.services import auditing, keeping, reconciling
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from wallets.rules.slots import slot_of

AUDIT_AT = timedelta(hours=3)
"""When the night's audit is due, in UTC. A bell later the same day makes up for one that nobody heard."""

TIDY_AT = timedelta(hours=2, minutes=40)
"""When what connections keep no longer is removed, in UTC: before the audit looks at what is left."""
TIDY_SECONDS = 900.0
"""How long that goes on; what it leaves is the next night's."""

RECONCILE_AT = timedelta(minutes=30)
"""When the reconciliation of the day before is due, in UTC: once all that was recorded in it is committed."""


def audit_once_a_night(now: datetime | None = None) -> bool:
    """Audit the books for the night that has begun last, unless that was done; answers whether it was done here."""
    moment = now or database_clock()
    night = slot_of(moment - AUDIT_AT, timedelta(days=1)) + AUDIT_AT
    return once_a_period(job="audit", period=period_of(night), work=_audit)


def tidy_once_a_night(now: datetime | None = None) -> bool:
    """Remove what connections keep no longer, once a night; answers whether it was done here."""
    moment = now or database_clock()
    night = slot_of(moment - TIDY_AT, timedelta(days=1)) + TIDY_AT
    return once_a_period(job="tidy connections", period=period_of(night), work=lambda: _tidy(moment))


def reconcile_once_a_night(now: datetime | None = None) -> bool:
    """Ask for yesterday to be reconciled, and for days of the month before that were not since it was over.

    Answers whether it was done here.
    """
    moment = now or database_clock()
    night = slot_of(moment - RECONCILE_AT, timedelta(days=1)) + RECONCILE_AT
    return once_a_period(job="reconcile by night", period=period_of(night), work=lambda: _reconcile(night))


def _reconcile(night: datetime) -> dict[str, Any]:
    yesterday = night.astimezone(UTC).date() - timedelta(days=1)
    reconciling.ask(first=yesterday, last=yesterday)
    month = (night.astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    left = [
        each
        for each in days_to_reconcile(month, last_day(month), end_of(month) + SETTLES_IN)
        if each != yesterday
    ]
    if left:
        reconciling.ask(first=left[0], last=left[-1])
    return {"day": yesterday.isoformat(), "days of the month before": len(left)}


def _tidy(now: datetime) -> dict[str, Any]:
    return asdict(keeping.tidy(list(Connection.objects.order_by("pk")), TIDY_SECONDS, now))


def _audit() -> dict[str, Any]:
    result = auditing.run()
    return {"is_clean": result.is_clean, "lies": len(result.findings), "audit": result.pk}
