"""Prices of one account's own: those that hold at an instant, and those that ever held."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pricing.models import Version
from usage.models import Override, PriceLock
from usage.queries.lines import fact_of
from usage.rules.overrides import LockFact, OverrideFact, in_force, locked


def overrides_at(account_id: UUID, moment: datetime) -> list[OverrideFact]:
    """The overrides in force for usage of this instant."""
    return list(in_force(_overrides(account_id), moment))


def overrides_ahead(account_id: UUID, moment: datetime) -> list[OverrideFact]:
    """The overrides that begin after this instant, the next first."""
    return [each for each in _overrides(account_id) if each.effective_from > moment and each.kind != "none"]


def kept_version(account_id: UUID, table_id: int, moment: datetime) -> Version | None:
    """The version of the table that the account stays on at this instant."""
    rows = PriceLock.objects.filter(account_id=account_id).order_by("effective_from", "recorded_at", "id")
    facts = [LockFact(row.table_id, row.version_id, row.effective_from, row.effective_until) for row in rows]
    version_id = locked(facts, table_id, moment)
    return None if version_id is None else Version.objects.select_related("table").get(pk=version_id)


def price_lock_at(account_id: UUID, table_id: int, moment: datetime) -> PriceLock | None:
    """The lock by which the account stays on a version of the table at this instant."""
    if kept_version(account_id, table_id, moment) is None:
        return None
    rows = PriceLock.objects.filter(account_id=account_id, table_id=table_id, effective_from__lte=moment)
    return rows.select_related("version").order_by("effective_from", "recorded_at", "id").last()


def _overrides(account_id: UUID) -> list[OverrideFact]:
    rows = Override.objects.filter(account_id=account_id).order_by("effective_from", "recorded_at", "id")
    return [fact_of(row) for row in rows]
