"""What was taken in while the worker stood still, and how fast the one worker that ships works it off."""

import os
import signal
import time

import psycopg

from benchmarks.processes import cpu_seconds
from benchmarks.rounds import Sample
from benchmarks.stack import Product

PATIENCE_SECONDS = 600


def hold(product: Product) -> None:
    """Let the worker stand still: its child ends its turn and asks for no other."""
    os.kill(product.worker, signal.SIGSTOP)


def worked_off(product: Product, left: str, stuck: str) -> Sample:
    """Wake the worker and wait until nothing is left. left, stuck: questions that count rows.

    Ends the run where something stays, or is stuck.
    """
    with product.ground.superuser() as connection:
        connection.autocommit = True
        backlog = _count(connection, left)
        before = cpu_seconds(product.postgres), cpu_seconds(product.worker)
        begun = time.perf_counter()
        os.kill(product.worker, signal.SIGCONT)
        remaining = backlog
        while remaining and time.perf_counter() - begun < PATIENCE_SECONDS:
            time.sleep(0.25)
            remaining = _count(connection, left)
        seconds = time.perf_counter() - begun
        if remaining or _count(connection, stuck):
            raise SystemExit(f"{remaining} were not worked off, or some are stuck.")
    postgres, worker = cpu_seconds(product.postgres) - before[0], cpu_seconds(product.worker) - before[1]
    return Sample(backlog / seconds, postgres / backlog * 1e6, worker / backlog * 1e6)


def _count(connection: psycopg.Connection[tuple[object, ...]], question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(str(row[0]))
