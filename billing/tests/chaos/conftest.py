"""What was measured is said on the terminal, whether a test passes or not."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from billing.tests.chaos.broker import Broker
from billing.tests.chaos.house import Shop, a_house, a_shop
from billing.tests.chaos.load import KILLS_EACH

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def aloud(sentence: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{sentence}\n")

    return aloud


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A product of its own whose servers tests may kill, as long as it serves again.

    With KILLS=1 its database is there and migrated: that one migrates at its first start is shown where time allows.
    """
    with a_house(is_new=KILLS_EACH > 1) as house:
        yield a_shop(house)


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """Redis where tests may stop and empty it."""
    folder = Path(tempfile.mkdtemp(prefix="tokendesk-chaos-redis-", dir="/tmp"))
    server = Broker(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shop_on_broker(broker: Broker) -> Iterator[Shop]:
    """A product whose jobs are rung for by that Redis."""
    with a_house(redis_url=broker.server.url()) as house:
        yield a_shop(house)
