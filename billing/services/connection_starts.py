"""A new connection with all that its kind needs, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from billing.models import Connection
from billing.rules.connecting import Setting
from billing.services import connection_secrets, connections
from billing.services.connections import ConnectionWish
from config.kernel.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Begun:
    """A connection, and the secrets that were made for it here, by name: they are shown once."""

    connection: Connection
    shown: Mapping[str, str]


@transaction.atomic
def begin(
    *,
    code: str,
    kind: str,
    known: Sequence[Setting],
    wish: ConnectionWish,
    secrets: Mapping[str, str],
    user: User | None = None,
    reason: str = "",
) -> Begun:
    """Make a connection, paused, and give it the secrets that are known already; empty ones can be given later.

    Raises InvalidRequest, Conflict where the code is taken.
    """
    given = {each.name for each in known if each.is_secret and not each.is_made_here}
    if strangers := set(secrets) - given:
        raise InvalidRequest.at(f"/{min(strangers)}", "There is no such secret to be given.")
    row = connections.make(code=code, kind=kind, known=known, wish=wish, user=user, reason=reason)
    for name, text in secrets.items():
        if text.strip():
            connection_secrets.put_secret(connection_id=row.pk, name=name, text=text, keeps_old=False)
    access = connection_secrets.access_of(row, known, row.created_at)
    return Begun(row, {each.name: access.secret(each.name) for each in known if each.is_made_here})
