"""The secrets of connections: sealed at rest, rotated with an overlap, opened for the connector alone."""

from __future__ import annotations

import secrets as randomness
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from billing.models import Connection, ConnectionHealth, ConnectionSecret
from billing.rules import sealing
from billing.rules.connecting import Access, NotSetUp, Setting
from billing.rules.signatures import SECRET_BYTES, secret_text
from billing.services import connection_health
from billing.services.connection_lock import locked
from billing.services.writing import keys
from config.kernel.errors import InvalidRequest
from config.kernel.signing import signed
from usage.queries.moments import database_clock

OLD_SECRET_LASTS = timedelta(days=1)


@transaction.atomic
def put_secret(
    *,
    connection_id: int,
    name: str,
    text: str,
    expires_at: datetime | None = None,
    user: User | None = None,
    reason: str = "",
    keeps_old: bool = True,
) -> None:
    """Give a connection a secret. The one before counts beside it for OLD_SECRET_LASTS, where that is asked.

    What waited for it is due at once; a renewal that was cut off is over with it. expires_at: when the outside system
    ends it. Raises InvalidRequest, UnknownConnection.
    """
    if not text.strip() or not text.isprintable():
        raise InvalidRequest.at(f"/{name}", "A secret is one line of visible characters.")
    row = locked(connection_id)
    now = database_clock()
    put(row, name, text.strip(), now, expires_at, keeps_old=keeps_old)
    connection_health.mended(row.pk)
    ConnectionHealth.objects.filter(connection=row).update(renewal_began_at=None)
    if user is not None:
        signed(row, user, f"New secret {name}. {reason}".strip()).save()


@transaction.atomic
def rotate(
    *, connection_id: int, name: str, user: User | None = None, reason: str = "", keeps_old: bool = True
) -> str:
    """Make a new secret in the place of one that is made here, and answer it: it is shown once.

    The one before counts as in `put_secret`.

    Raises UnknownConnection.
    """
    text = made()
    put_secret(
        connection_id=connection_id, name=name, text=text, user=user, reason=reason, keeps_old=keeps_old
    )
    return text


def access_of(row: Connection, known: Sequence[Setting], moment: datetime) -> Access:
    """The connection as its connector is given it, with the secrets that count at this instant.

    Raises NotSetUp where a secret can't be opened.
    """
    rows = ConnectionSecret.objects.filter(Q(ends_at=None) | Q(ends_at__gt=moment), connection=row)
    kept: defaultdict[str, list[str]] = defaultdict(list)
    for each in rows.order_by("-pk"):
        try:
            kept[each.name].append(sealing.opened(each.sealed, keys()))
        except sealing.Unreadable as fault:
            raise NotSetUp(f"The secret {each.name} was sealed with another SECRET_KEY.") from fault
    defaults = {each.name: each.default for each in known if each.default}
    return Access(row.code, defaults | row.settings, dict(kept), settings.WEBHOOK_PRIVATE_HOSTS, moment)


def seal_anew() -> int:
    """Seal with the present SECRET_KEY what a former one sealed, and forget secrets that count no more.

    Answers how many were sealed. What no key opens stays as it is.
    """
    count = 0
    with transaction.atomic():
        ConnectionSecret.objects.filter(ends_at__lte=database_clock()).delete()
        for secret in ConnectionSecret.objects.select_for_update().order_by("pk"):
            try:
                text = sealing.opened(secret.sealed, keys())
            except sealing.Unreadable:
                continue
            if not sealing.is_current(secret.sealed, keys()):
                secret.sealed = sealing.seal(text, keys())
                secret.save(update_fields=["sealed"])
                count += 1
    return count


def made() -> str:
    """A new secret, as those are that sign webhooks."""
    return secret_text(randomness.token_bytes(SECRET_BYTES))


def put(
    row: Connection,
    name: str,
    text: str,
    now: datetime,
    expires_at: datetime | None = None,
    *,
    keeps_old: bool = True,
) -> None:
    """Let this be the present secret of its name, in the caller's transaction, under the connection's lock."""
    older = ConnectionSecret.objects.filter(connection=row, name=name)
    older.filter(ends_at__isnull=False).delete()
    if keeps_old:
        older.update(ends_at=now + OLD_SECRET_LASTS)
    else:
        older.delete()
    ConnectionSecret.objects.create(
        connection=row, name=name, sealed=sealing.seal(text, keys()), created_at=now, expires_at=expires_at
    )
