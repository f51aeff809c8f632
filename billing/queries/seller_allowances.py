"""What sellers may issue in a month, and what they have issued of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from billing.models import SellerAllowance, Trial
from config.kernel.utc import month_of


@dataclass(frozen=True, slots=True)
class MonthOfASeller:
    """allowance: tokens a month; None is without limit. issued: of it, in the month of UTC that began at `since`."""

    since: datetime
    allowance: Decimal | None
    issued: Decimal

    @property
    def left(self) -> Decimal | None:
        """What may still be issued; None is without limit. Less than nothing where the allowance shrank meanwhile."""
        return None if self.allowance is None else self.allowance - self.issued

    @property
    def over(self) -> Decimal:
        """What was issued beyond the allowance: a manager approved it, or the allowance shrank meanwhile."""
        return max(-(self.left or Decimal(0)), Decimal(0))

    def has_room_for(self, tokens: Decimal) -> bool:
        return self.left is None or tokens <= self.left


def month_of_seller(seller_id: int, unit_id: int, now: datetime) -> MonthOfASeller:
    """The seller's month in a token unit. Trials that a manager approved are beside it; those revoked still count."""
    return months_of([seller_id], [unit_id], now)[seller_id, unit_id]


def months_of(
    seller_ids: Collection[int], unit_ids: Collection[int], now: datetime
) -> dict[tuple[int, int], MonthOfASeller]:
    """The month of each of these sellers in each of these units, in as many statements for many as for one."""
    since = month_of(now)
    rows = Trial.objects.filter(seller__in=seller_ids, unit__in=unit_ids, request=None, issued_at__gte=since)
    sums = rows.order_by().values_list("seller_id", "unit_id").annotate(tokens=Sum("tokens"))
    issued = {(seller, unit): tokens for seller, unit, tokens in sums}
    newest = SellerAllowance.objects.filter(unit__in=unit_ids).order_by("unit_id", "seller_id", "-pk")
    told = newest.filter(Q(seller=None) | Q(seller__in=seller_ids)).distinct("unit_id", "seller_id")
    said = {(row.seller_id, row.unit_id): row for row in told}
    return {
        (seller, unit): MonthOfASeller(
            since, _ruling(said, seller, unit), issued.get((seller, unit), Decimal(0))
        )
        for seller in seller_ids
        for unit in unit_ids
    }


def _ruling(
    said: Mapping[tuple[int | None, int], SellerAllowance], seller_id: int, unit_id: int
) -> Decimal | None:
    """What a seller may issue in a month: his own, else that of all; None is without limit."""
    own = said.get((seller_id, unit_id))
    ruling = own if own is not None and not own.follows_all else said.get((None, unit_id))
    return ruling.tokens if ruling else None
