"""A thread that ends leaves no connection behind, even where its locals outlive it."""

from __future__ import annotations

import os
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from django.db import connection

from config.kernel.postgresql.threads import THREADS

pytestmark = pytest.mark.committed


class Opener(Thread):
    """Opens the thread's connection and keeps hold of it, as a web server's dead threads do."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.has_opened, self.may_end = Event(), Event()
        self.connection: Any = None

    def run(self) -> None:
        connection.ensure_connection()
        self.connection = connection.connection
        self.has_opened.set()
        self.may_end.wait(10)

    def opens(self) -> Any:
        self.start()
        assert self.has_opened.wait(10)
        return self.connection

    def ends(self) -> None:
        """Until the system knows no such thread, which is a moment after Python has joined it."""
        self.may_end.set()
        self.join(10)
        deadline = monotonic() + 10
        while (THREADS / str(self.native_id)).exists() and monotonic() < deadline:
            Event().wait(0.005)


class TestDatabaseWrapper:
    def test_closes_what_a_dead_thread_left_when_the_next_one_opens(self) -> None:
        dead, living, next_one = Opener(), Opener(), Opener()
        left, held = dead.opens(), living.opens()
        dead.ends()
        assert not left.closed

        next_one.opens()

        assert left.closed
        assert not held.closed
        assert held.execute("SELECT 1").fetchone() == (1,)
        for opener in (living, next_one):
            opener.ends()

    def test_leaves_a_parents_connection_to_the_parent(self) -> None:
        parent = Opener()
        held = parent.opens()

        child = os.fork()
        if not child:  # no thread of the parent lives on here
            connection.connection = None
            connection.ensure_connection()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

        assert held.execute("SELECT 1").fetchone() == (1,)
        parent.ends()
