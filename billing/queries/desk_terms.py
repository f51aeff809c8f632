"""What people set of an account's seats, included units and access, apart from what its orders pushed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from usage.models import Access, Allowance, Seats
from usage.rules.access import AccessFact, holding
from usage.services.limiting import AllowanceOrder


def desk_seats(account_id: UUID, pattern: str, pushed: Collection[UUID], moment: datetime) -> int | None:
    """The base seats that people gave; None where they gave none. pushed: the facts that are not theirs."""
    rows = Seats.objects.filter(account_id=account_id, pattern=pattern, effective_from__lte=moment)
    last = rows.exclude(pk__in=pushed).order_by("-effective_from", "-recorded_at", "-pk").first()
    if last is None or (last.effective_until is not None and last.effective_until <= moment):
        return None
    return last.seats


def present_seats(account_id: UUID, pattern: str, moment: datetime) -> int | None:
    """The base seats that the account has."""
    return desk_seats(account_id, pattern, (), moment)


def desk_allowance(
    account_id: UUID, pattern: str, pushed: Collection[UUID], moment: datetime
) -> AllowanceOrder | None:
    """The units that people included; None where they included none. pushed: the facts that are not theirs."""
    rows = Allowance.objects.filter(account_id=account_id, pattern=pattern, effective_from__lte=moment)
    last = rows.exclude(pk__in=pushed).order_by("-effective_from", "-recorded_at", "-pk").first()
    if last is None or last.units is None:
        return None
    if last.effective_until is not None and last.effective_until <= moment:
        return None
    return AllowanceOrder(pattern, last.units, last.period, last.anchor, last.carries)


def desk_openings(
    account_id: UUID, pattern: str, pushed: Collection[UUID], moment: datetime
) -> list[AccessFact]:
    """What people said of a pattern that holds now, apart from what was pushed or bought by a debit."""
    rows = Access.objects.filter(account_id=account_id, pattern=pattern, debit=None).exclude(pk__in=pushed)
    ordered = rows.order_by("effective_from", "recorded_at", "id")
    names = ("pattern", "kind", "effective_from", "effective_until", "debit_id")
    return holding([AccessFact(*row) for row in ordered.values_list(*names)], moment)


def next_desk_change(account_id: UUID, pattern: str, moment: datetime) -> datetime | None:
    """When seats or included units that people set for later begin or end next."""
    found: list[datetime] = []
    for rows in (Seats.objects, Allowance.objects):
        for start, end in rows.filter(account_id=account_id, pattern=pattern).values_list(
            "effective_from", "effective_until"
        ):
            found += [each for each in (start, end) if each is not None and each > moment]
    return min(found, default=None)
