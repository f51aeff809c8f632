"""Connections by the thread that opened them, so that those of dead threads can be closed.

Django keeps a connection a thread. A web server ends its idle threads without telling Python, whose picture of them
stays, and with it the connection: after some busy and idle minutes PostgreSQL would have no slot left.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock, get_native_id
from typing import Any
from weakref import ReferenceType, ref

import psycopg

THREADS = Path("/proc/self/task")
"""Where the system tells of the threads of the process; elsewhere than on Linux nothing is known to be abandoned."""

_remembered: list[tuple[int, ReferenceType[psycopg.Connection[Any]]]] = []
_listing = Lock()


def remember(connection: psycopg.Connection[Any]) -> None:
    """Keep in mind that the present thread opened this connection."""
    with _listing:
        _remembered.append((get_native_id(), ref(connection)))


def close_abandoned() -> None:
    """Close the connections whose threads have ended.

    Each thread is asked for by its number: a listing taken while one of them ends may leave out another that lives.
    """
    if not _is_alive(get_native_id()):
        return
    with _listing:
        alive = {thread for thread, _ in _remembered if _is_alive(thread)}
        known = [(thread, reference()) for thread, reference in _remembered]
        _remembered[:] = [
            (thread, ref(connection))
            for thread, connection in known
            if connection is not None and thread in alive
        ]
    for thread, connection in known:
        if connection is not None and thread not in alive:
            connection.close()


def _is_alive(thread: int) -> bool:
    return (THREADS / str(thread)).exists()


def _begin_anew() -> None:
    """A forked process shares its parent's connections and must not end them."""
    global _listing
    _listing = Lock()
    _remembered.clear()


os.register_at_fork(after_in_child=_begin_anew)
