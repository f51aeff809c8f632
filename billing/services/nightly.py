"""What is done once a night."""

from datetime import datetime, timedelta
from typing import Any

from billing.services import auditing
from config.kernel.running import once_a_period, period_of
from usage.queries.moments import database_clock
from wallets.rules.slots import slot_of

AUDIT_AT = timedelta(hours=3)
"""When the night's audit is due, in UTC. A bell later the same day makes up for one that nobody heard."""


def audit_once_a_night(now: datetime | None = None) -> bool:
    """Audit the books for the night that has begun last, unless that was done; answers whether it was done here."""
    moment = now or database_clock()
    night = slot_of(moment - AUDIT_AT, timedelta(days=1)) + AUDIT_AT
    return once_a_period(job="audit", period=period_of(night), work=_audit)


def _audit() -> dict[str, Any]:
    result = auditing.run()
    return {"is_clean": result.is_clean, "lies": len(result.findings), "audit": result.pk}
