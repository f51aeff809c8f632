"""Offices whose seats are taken for a while: the part of the history that is about seats."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from usage.models import CheckoutCharge
from usage.tests.made import HOUR
from usage.tests.office import Office


def sit(since: datetime) -> dict[str, UUID]:
    """One base seat: two people who overlap, the second of whom pays two intervals."""
    office = Office(now=since, seats=1, interval="PT1H", heartbeat="PT1H")
    base, overflow = office.take("ann"), office.take("bob")
    office.beat(base, since + HOUR / 2)
    office.beat(overflow, since + HOUR / 2)
    office.beat(overflow, since + HOUR)
    office.give_back(base, since + HOUR)
    names = {"office": office.account.pk, "base_seat": base.id, "overflow_seat": overflow.id}
    return {**names, **_give_back(since), **_sit_again(since)}


def _give_back(since: datetime) -> dict[str, UUID]:
    """No base seat at first: one who leaves early, and one who moves to a base seat; both get back what is unused."""
    office = Office(now=since, seats=None, refund_unused="prorata", interval="PT1H", heartbeat="PT1H")
    early, moved = office.take("ann"), office.take("bob")
    office.give_back(early, since + HOUR / 4)
    office.have(1, since + HOUR / 4)
    office.beat(moved, since + HOUR / 2)
    return {"early_seat": early.id, "moved_seat": moved.id, "early_debit": _paid(early.id)}


def _sit_again(since: datetime) -> dict[str, UUID]:
    """Somebody who pays once a day, and sits down three times within it."""
    office = Office(now=since, seats=0, interval="PT1H", heartbeat="PT1H", once_per_user="P1D")
    seats = []
    for hours in (0, 2, 4):
        seats.append(office.take("cid", now=since + hours * HOUR))
        office.give_back(seats[-1], since + hours * HOUR + HOUR / 2)
    return {"paid_seat": seats[0].id, "free_seat": seats[1].id, "paid_debit": _paid(seats[0].id)}


def _paid(checkout: UUID) -> UUID:
    found: UUID = CheckoutCharge.objects.get(checkout_id=checkout).debit_id
    return found
