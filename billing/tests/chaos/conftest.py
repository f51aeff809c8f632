"""What was measured is said on the terminal, whether a test passes or not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from billing.tests.chaos.house import Shop, a_house, a_shop

Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def aloud(sentence: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{sentence}\n")

    return aloud


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A product of its own whose servers tests may kill, as long as it serves again."""
    with a_house() as house:
        yield a_shop(house)
