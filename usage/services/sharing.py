"""Links to a page of usage: handed out, looked at, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.db import transaction

from config.kernel.errors import InvalidRequest, Throttled
from usage.errors import LinkOver
from usage.models import UsageLink
from usage.queries.moments import database_clock

SECRET_BYTES = 32
LONGEST_DAYS = 366
LOOKS_A_MINUTE = 30
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shared:
    """A new link. token: what its address carries; it is kept nowhere."""

    link: UsageLink
    token: str


@transaction.atomic
def share(*, title: str, query: Mapping[str, str], days: int, reason: str, user: User) -> Shared:
    """Make a link that shows what `query` asks for so many days, 1 to 366.

    Raises InvalidRequest.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidRequest.at("/days", f"A link lasts 1 to {LONGEST_DAYS} days.")
    if not title.strip() or not reason.strip():
        raise InvalidRequest.at("/reason", "Say what it shows, and why somebody is to see it.")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    now = database_clock()
    link = UsageLink.objects.create(
        title=title.strip(),
        secret_hash=_hash(secret),
        query=dict(query),
        reason=reason.strip(),
        made_by=user,
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    return Shared(link, _signer().sign(secret))


@transaction.atomic
def revoke(*, link_id: UUID, reason: str, user: User) -> UsageLink:
    """Let a link open nothing any more, at once.

    Raises LinkOver where it is over already, InvalidRequest.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    now = database_clock()
    link = UsageLink.objects.open(now).select_for_update().filter(pk=link_id).first()
    if link is None:
        raise LinkOver("This link is over already.")
    link.revoked_at, link.revoked_by, link.revoke_reason = now, user, reason.strip()
    link.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    return link


@transaction.atomic
def look(*, token: str, now: datetime | None = None) -> UsageLink:
    """The link that a token opens, counted as a look. A forged token is refused before the database is asked.

    Raises LinkOver, and Throttled with `retry_after` in seconds.
    """
    try:
        secret = _signer().unsign(token)
    except BadSignature:
        raise LinkOver() from None
    moment = now or database_clock()
    link = UsageLink.objects.open(moment).select_for_update().filter(secret_hash=_hash(secret)).first()
    if link is None:
        raise LinkOver()
    is_same_minute = link.minute_at is not None and moment - link.minute_at < MINUTE
    if is_same_minute and link.minute_at and link.looks >= LOOKS_A_MINUTE:
        left = int((link.minute_at + MINUTE - moment).total_seconds()) + 1
        raise Throttled("This page was asked for too often; try again shortly.", extras={"retry_after": left})
    link.minute_at = link.minute_at if is_same_minute else moment
    link.looks = link.looks + 1 if is_same_minute else 1
    link.last_seen_at = moment
    link.save(update_fields=["minute_at", "looks", "last_seen_at"])
    return link


def _signer() -> Signer:
    return Signer(salt="usage-link")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
