"""Corrections of a debit: as which it was charged anew, and in whose place it stands."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet

from usage.models import Correction, Debit, Rerating
from usage.rules.answers import instant
from usage.rules.explaining_corrections import Corrected


def made_of(debit: Debit) -> Corrected | None:
    """The correction that charged the debit; None where it was charged as other debits are."""
    return _first(Correction.objects.filter(account_id=debit.account_id, replacement_id=debit.pk))


def made_since(debit: Debit) -> Corrected | None:
    """The correction that gave the debit back and charged its usage anew, if there is one."""
    return _first(Correction.objects.filter(account_id=debit.account_id, debit_id=debit.pk))


def prices_of(rerating: Rerating) -> str:
    """By which prices, in words."""
    if rerating.version is not None:
        return f"by rate table {rerating.version.table.code}, version {rerating.version.number}"
    assert rerating.priced_at is not None
    return f"as the account pays for usage of {instant(rerating.priced_at)}"


def _first(rows: QuerySet[Correction]) -> Corrected | None:
    found = rows.select_related("rerating__version__table", "debit", "replacement", "courtesy").first()
    if found is None:
        return None
    rerating, is_taken_back = found.rerating, found.restores_id is not None
    return Corrected(
        rerating=rerating.pk,
        reason=rerating.revert_reason if is_taken_back else rerating.reason,
        asked_by=rerating.asked_by,
        approved_by=rerating.reverted_by if is_taken_back else rerating.approved_by,
        recorded_at=found.recorded_at,
        prices=prices_of(rerating),
        debit=found.debit_id,
        debit_tokens=found.debit.tokens,
        replacement=found.replacement_id,
        replacement_tokens=found.replacement.tokens,
        root=found.root_id,
        courtesy=found.courtesy.tokens if found.courtesy else Decimal(0),
        is_taken_back=is_taken_back,
    )
