"""Trial tokens: handed out by a person, once for each form however often it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import User

from billing.services import hand_acts
from billing.services.hand_acts import Acted
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock
from usage.rules.grants import GrantOrder

LONGEST_DAYS = 366


@dataclass(frozen=True)
class TrialOrder:
    """Tokens to try things with.

    days: how long they last. unit: a code, None is the default. starts_at: None is now.
    """

    reference: str
    tokens: Decimal
    days: int
    reason: str
    unit: str | None = None
    starts_at: datetime | None = None


def issue(*, order: TrialOrder, form_token: str, user: User) -> Acted:
    """Issue trial tokens that last `days` from their start, at most once a form token, or ask a second person for them.

    form_token: made with the form; the grant carries it as its external id.

    Raises NotFound, InvalidRequest, AccountClosed, PeriodClosed, IdempotencyKeyReused.
    """
    if not 1 <= order.days <= LONGEST_DAYS:
        raise InvalidRequest.at("/days", f"A trial lasts 1 to {LONGEST_DAYS} days.")
    if not order.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    grant = GrantOrder(
        kind="trial",
        tokens=order.tokens,
        token=order.unit,
        effective_at=order.starts_at,
        expires_at=(order.starts_at or database_clock()) + timedelta(days=order.days),
        reason=order.reason.strip(),
        external_id=form_token,
    )
    return hand_acts.grant(
        reference=order.reference, order=grant, form_token=form_token, user=user, asked=order
    )
