"""What sellers may issue in a month: set by managers, judged under the seller's own lock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import connection, transaction

from billing.models import SellerAllowance, TrialSeller
from billing.services import switchboard
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock

ALLOWANCES = 7121
"""The class of the advisory lock: shared by those who issue, alone for whoever changes what they may."""


def lock(seller: User) -> datetime:
    """Let nobody else issue as this seller, and no allowance change, until the transaction ends.

    And where the seller is to be told by mail of what ends, the switchboard: before any account, as its other users
    lock none. Answers the database's clock, read under all of them.
    """
    TrialSeller.objects.bulk_create([TrialSeller(user=seller)], ignore_conflicts=True)
    TrialSeller.objects.select_for_update().get(pk=seller.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [ALLOWANCES])
    return switchboard.take() if seller.email else database_clock()


@transaction.atomic
def allow(
    *,
    seller: User | None,
    unit_id: int,
    tokens: Decimal | None,
    reason: str,
    user: User | None,
    follows_all: bool = False,
) -> SellerAllowance:
    """Let a seller issue so many tokens a month of UTC, from now on.

    seller: None is all who have no allowance of their own. tokens: None is without limit.
    follows_all: the seller has none of his own any more.

    Raises InvalidRequest; IntegrityError of an allowance below zero.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [ALLOWANCES])
    return SellerAllowance.objects.create(
        seller=seller,
        unit_id=unit_id,
        tokens=None if follows_all else tokens,
        follows_all=follows_all,
        reason=reason.strip(),
        recorded_at=database_clock(),
        recorded_by=user,
    )
