"""Asking the database questions, over a connection that may have been cut while it was idle."""

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

T = TypeVar("T")


def asked_again_if_cut(ask: Callable[[], T]) -> T:
    """The answer, asked for once more over a new connection where the database did not give one.

    ask: changes nothing.
    """
    try:
        return ask()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
    close_old_connections()
    return ask()
