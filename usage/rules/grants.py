"""What a provisioner asks of grants, and what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from config.kernel.errors import FieldError, InvalidRequest

KINDS = ("purchase", "trial", "promo", "included", "adjustment")
FARTHEST_BACK = timedelta(days=35)
PRIORITY = 50


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """Tokens to be handed out.

    token: a unit's code, None is the default one. effective_at: None is now. expires_at: None is never.
    features: codes, or patterns that end in `*`; none is every feature. unit_cost: what one token was paid with.
    """

    kind: str
    tokens: Decimal
    token: str | None = None
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    priority: int = PRIORITY
    features: tuple[str, ...] = ()
    unit_cost: Decimal | None = None
    currency: str | None = None
    reason: str = ""
    external_id: str | None = None

    @property
    def named_features(self) -> frozenset[str]:
        """The features that are named in full, which therefore have to exist."""
        return frozenset(each for each in self.features if not each.endswith("*"))


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Tokens to be moved to an account that is parent or part of the source. token: None is the default unit."""

    to: str
    tokens: Decimal
    reason: str = ""
    token: str | None = None


def check(order: GrantOrder, now: datetime) -> None:
    """Refuse what no grant can be, whatever account it is for.

    Raises InvalidRequest that names every field at fault.
    """
    faults = list(_faults(order, now))
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)


def _faults(order: GrantOrder, now: datetime) -> Iterator[FieldError]:
    if order.kind not in KINDS:
        yield FieldError("/kind", f"A grant is one of {', '.join(KINDS)}.")
    if not order.tokens > 0:
        yield FieldError("/tokens", "The number must be greater than 0.")
    if not 0 <= order.priority <= 100:
        yield FieldError("/priority", "A priority lies between 0 and 100.")
    if order.unit_cost is not None and not order.unit_cost >= 0:
        yield FieldError("/unit_cost", "The number must not be negative.")
    start = order.effective_at or now
    if start < now - FARTHEST_BACK:
        yield FieldError("/effective_at", "A grant may start at most 35 days back.")
    if order.expires_at is not None and order.expires_at <= start:
        yield FieldError("/expires_at", "A grant expires after it starts.")
    elif order.expires_at is not None and order.expires_at <= now:
        yield FieldError("/expires_at", "A grant expires in the future.")
    for place, each in enumerate(order.features):
        if "*" in each[:-1]:
            yield FieldError(f"/features/{place}", "A pattern has one *, at its end.")
