"""Links by which somebody looks at an account without a name: made, revoked, followed. The secret is shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID

from django.db import transaction

from billing.errors import UnknownAccessLink
from billing.models import AccessLink, BuyerSession
from billing.rules.secrets import digest_of
from config.kernel.errors import Conflict, InvalidRequest
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.services import ledger

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link and the secret in it, which is nowhere else."""

    link: AccessLink
    secret: str


@transaction.atomic
def make(*, customer_id: UUID, days: int, author: Author, now: datetime | None = None) -> MadeLink:
    """Make a link that shows the account for so many days, 1 to 366.

    Raises InvalidRequest without a reason, AccountMissing.
    """
    if not author.reason.strip():
        raise InvalidRequest.at("/reason", "Say what it is for.")
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidRequest.at("/days", f"Say 1 to {LONGEST_DAYS} days.")
    ledger.lock(customer_id)
    moment, secret = now or database_clock(), token_urlsafe(32)
    link = AccessLink.objects.create(
        customer_id=customer_id,
        digest=digest_of(secret),
        made_by=author.name,
        made_for=author.reason.strip(),
        made_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    return MadeLink(link, secret)


@transaction.atomic
def revoke(*, customer_id: UUID, link_id: int, author: Author) -> AccessLink:
    """Let a link open nothing any more, and end the sessions that it opened.

    Raises UnknownAccessLink, AccountMissing, Conflict where it is revoked already.
    """
    ledger.lock(customer_id)
    link = AccessLink.objects.filter(customer_id=customer_id, pk=link_id).first()
    if link is None:
        raise UnknownAccessLink("There is no such link.")
    if link.revoked_at is not None:
        raise Conflict("The link is revoked already.")
    moment = database_clock()
    link.revoked_at, link.revoked_by, link.revoked_for = moment, author.name, author.reason.strip()
    link.save(update_fields=["revoked_at", "revoked_by", "revoked_for"])
    BuyerSession.objects.filter(link=link, ended_at=None).update(ended_at=moment)
    return link
