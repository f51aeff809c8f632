"""One lock a connection: what people change of it they change one after the other."""

from __future__ import annotations

from billing.errors import UnknownConnection
from billing.models import Connection


def locked(connection_id: int) -> Connection:
    """The connection, for the rest of the caller's transaction nobody else's to change.

    Raises UnknownConnection.
    """
    row = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if row is None:
        raise UnknownConnection("There is no such connection.")
    return row
