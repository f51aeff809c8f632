"""The way to an outside system: opened for its connector, its token renewed by one at a time, never lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import sleep
from typing import TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from billing.connectors.contract import Connector
from billing.models import Connection, ConnectionHealth, ConnectionSecret
from billing.rules.connecting import (
    Access,
    AccessExpired,
    ConnectionFault,
    Later,
    NotSetUp,
    Refused,
    Renewed,
    Unreachable,
)
from billing.services import connection_secrets
from billing.services.connection_lock import locked
from usage.queries.moments import database_clock

log = logging.getLogger(__name__)

RENEW_BEFORE = timedelta(minutes=2)
"""So long before its end a token is renewed, so that none runs out in the middle of an exchange."""
LEASE = timedelta(minutes=2)
STORE_TRIES = 8
STORE_PAUSE_SECONDS = 0.25

Connectors = Mapping[str, Connector]
Answer = TypeVar("Answer")


class RenewedElsewhere(Exception):
    """The token is over, and somebody else renews it now: come later."""


def exchanged(row: Connection, connector: Connector, call: Callable[[Access], Answer]) -> Answer:
    """What the call answers, made with a token that counts; where it counts no more, once again with a new one.

    No connection to the database is held while anything is asked of the outside. Raises ConnectionFault,
    RenewedElsewhere.
    """
    now = database_clock()
    access = connection_secrets.access_of(row, connector.settings, now)
    ends_at = _first_end(row)
    if ends_at is not None and ends_at <= now + RENEW_BEFORE:
        access = _renewed(row, connector, access, is_over=ends_at <= now)
    try:
        return _outside(lambda: call(access))
    except AccessExpired as expired:
        again = _renewed(row, connector, access, is_over=True)
        if again.secrets == access.secrets:
            raise expired
    return _outside(lambda: call(again))


def _outside(call: Callable[[], Answer]) -> Answer:
    """Raises ConnectionFault, whatever a connector raises: what it did not foresee is logged."""
    connection.close()
    try:
        return call()
    except ConnectionFault:
        raise
    except Exception as fault:
        log.exception("A connector failed.")
        raise Unreachable(f"The connector failed: {type(fault).__name__}.") from fault


def _first_end(row: Connection) -> datetime | None:
    present = ConnectionSecret.objects.filter(connection=row, ends_at=None, expires_at__isnull=False)
    return present.order_by("expires_at").values_list("expires_at", flat=True).first()


def _renewed(row: Connection, connector: Connector, used: Access, *, is_over: bool) -> Access:
    """The way with a token that lasts. The one used is good enough as long as it lasts.

    Raises RenewedElsewhere, and what the connector raises.
    """
    lease = _lease(row)
    if lease is None:
        present = connection_secrets.access_of(row, connector.settings, database_clock())
        if is_over and present.secrets == used.secrets:
            raise RenewedElsewhere
        return present
    try:
        return _renewed_here(row, connector, used)
    except ConnectionFault as fault:
        if is_over:
            raise
        log.warning("The token of %s could not be renewed yet: %s", row.code, fault)
        return used
    finally:
        mine = ConnectionHealth.objects.filter(connection=row, renewing_until=lease)
        _patiently(lambda: mine.update(renewing_until=None))


def _renewed_here(row: Connection, connector: Connector, used: Access) -> Access:
    """Renew, unless somebody did since, and keep what came of it before it is used."""
    now = database_clock()
    present = connection_secrets.access_of(row, connector.settings, now)
    ends_at = _first_end(row)
    if present.secrets != used.secrets and (ends_at is None or ends_at > now + RENEW_BEFORE):
        return present
    before = _present_ids(row)
    cut_off = _begun(row, now)
    try:
        new = _outside(lambda: connector.renew(present, now))
    except (Refused, NotSetUp, AccessExpired) as fault:
        if cut_off is not None:
            raise NotSetUp(_lost(cut_off, fault)) from fault
        _ended(row)
        raise
    except Later:
        if cut_off is None:
            _ended(row)
        raise
    if new is None:
        _ended(row)
    else:
        _kept(row, new, before)
    return connection_secrets.access_of(row, connector.settings, database_clock())


def _begun(row: Connection, now: datetime) -> datetime | None:
    """Note that the vendor is about to be asked; answers when it was before, where nobody knows what came of that.

    Whatever dies between their answer and our keeping it leaves this note: they may have ended the token that we have.
    """
    rows = ConnectionHealth.objects.filter(connection=row)
    cut_off = rows.values_list("renewal_began_at", flat=True).first()
    _patiently(lambda: rows.filter(renewal_began_at=None).update(renewal_began_at=now))
    return cut_off


def _ended(row: Connection) -> None:
    """Note that what came of the renewal is known, and kept where it was anything."""
    _patiently(lambda: ConnectionHealth.objects.filter(connection=row).update(renewal_began_at=None))


def _lost(began_at: datetime, fault: ConnectionFault) -> str:
    return (
        f"Its token was being renewed at {began_at:%Y-%m-%d %H:%M:%S} UTC, their answer was lost before it could be"
        " kept, and the token that is here counts no more. Connect it again: get a new refresh token from them and put"
        f" it in under Settings and secrets. They said: {fault}"
    )


def _lease(row: Connection) -> datetime | None:
    """Until when it is this caller's to renew the token; none where it is another's, whose time ends after LEASE."""
    now = database_clock()
    free = Q(renewing_until=None) | Q(renewing_until__lte=now)
    rows = ConnectionHealth.objects.filter(free, connection=row)
    return now + LEASE if rows.update(renewing_until=now + LEASE) else None


def _present_ids(row: Connection) -> dict[str, int]:
    rows = ConnectionSecret.objects.filter(connection=row, ends_at=None)
    return dict(rows.values_list("name", "pk"))


def _kept(row: Connection, new: Renewed, before: Mapping[str, int]) -> None:
    """Keep renewed secrets, before anybody uses them. What a person has set meanwhile is not touched.

    Those before count beside them for a while: a vendor may not have heard that we have the new ones.
    """

    def keep() -> None:
        with transaction.atomic():
            fresh = locked(row.pk)
            now = database_clock()
            present = _present_ids(row)
            for name, text in new.secrets.items():
                if present.get(name) == before.get(name):
                    connection_secrets.put(fresh, name, text, now, new.expires_at)
            ConnectionHealth.objects.filter(connection=row).update(renewal_began_at=None)

    _patiently(keep)


def _patiently(write: Callable[[], object]) -> None:
    """Write, however often it takes: the vendor has ended the old secrets, and the new ones are nowhere but here.

    Raises DatabaseError after about a minute.
    """
    for attempt in range(STORE_TRIES):
        try:
            write()
            return
        except (OperationalError, InterfaceError) as fault:
            if attempt == STORE_TRIES - 1:
                raise DatabaseError("What was renewed could not be kept.") from fault
            log.warning("What was renewed could not be kept yet: %s", fault)
            connection.close()
            sleep(STORE_PAUSE_SECONDS * 2**attempt)
