"""What a grant is at an instant, whether or not a job has booked its expiry."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Buckets:
    """Where the tokens of a grant are: remaining + spent + expired + voided; held is part of remaining."""

    state: str
    remaining: Decimal
    held: Decimal
    spent: Decimal
    expired: Decimal
    voided: Decimal

    @property
    def free(self) -> Decimal:
        """What remains and no hold keeps."""
        return self.remaining - self.held


def at_moment(
    booked: Buckets,
    *,
    moment: datetime,
    effective_at: datetime,
    expires_at: datetime | None,
    voided_at: datetime | None,
) -> Buckets:
    """The buckets as they are at `moment`: what has expired counts as expired from that instant on.

    state: voided, expired, pending (it has not started), open, or spent (nothing is left).
    """
    is_over = expires_at is not None and expires_at <= moment
    lapsing = booked.remaining - booked.held if is_over else Decimal(0)
    remaining = booked.remaining - lapsing
    if voided_at is not None:
        state = "voided"
    elif is_over:
        state = "expired"
    elif effective_at > moment:
        state = "pending"
    else:
        state = "open" if remaining else "spent"
    return Buckets(state, remaining, booked.held, booked.spent, booked.expired + lapsing, booked.voided)
