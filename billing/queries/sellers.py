"""What sellers may issue in a month, and what they have issued of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import Sum

from billing.models import SellerAllowance, Trial


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

    def has_room_for(self, tokens: Decimal) -> bool:
        return self.left is None or tokens <= self.left


def month_of(moment: datetime) -> datetime:
    """When the month of UTC began in which a moment lies."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_of_seller(seller_id: int, unit_id: int, now: datetime) -> MonthOfASeller:
    """The seller's month in a token unit. Trials that a manager approved are beside it; those revoked still count."""
    since = month_of(now)
    rows = Trial.objects.with_allowance_of(seller_id, unit_id).filter(issued_at__gte=since)
    issued = rows.aggregate(tokens=Sum("tokens"))["tokens"]
    return MonthOfASeller(since, allowance_of(seller_id, unit_id), issued or Decimal(0))


def allowance_of(seller_id: int, unit_id: int) -> Decimal | None:
    """What a seller may issue in a month now: his own, else that of all; None is without limit."""
    rows = SellerAllowance.objects.filter(unit_id=unit_id).order_by("-pk")
    own = rows.filter(seller_id=seller_id).first()
    ruling = own if own is not None and not own.follows_all else rows.filter(seller=None).first()
    return ruling.tokens if ruling else None
