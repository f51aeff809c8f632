"""Services for one command: those that run already, else started for its duration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config.embedded import ground
from config.embedded.addresses import Addresses, data_folder
from config.embedded.children import CannotStart
from config.embedded.services import Services
from config.embedded.supervisor import Supervisor, end_leftovers


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def services_at_hand() -> Iterator[None]:
    """See to it that the database can be reached while the command runs; its own output stays clean.

    Raises CannotStart.
    """
    data_dir = data_folder()
    if os.environ.get("DATABASE_URL") or Addresses.told(data_dir):
        yield
        return
    if not (data_dir / "postgres" / "PG_VERSION").exists():
        raise CannotStart(f"Nothing is set up in {data_dir} yet: start it once with `make up`.")
    try:
        ground.take(data_dir)
    except ground.AlreadyRunning as fault:
        raise CannotStart(
            f"Tokendesk is starting or stopping in {data_dir}: try again in a moment."
        ) from fault
    with Supervisor(data_dir, _say) as supervisor:
        end_leftovers(data_dir)
        os.environ.update(Services(data_dir, supervisor, _say).start().as_environment())
        yield
