"""The plain model of the rules and the product, to the last digit, on random histories.

Each run has a seed of its own; HISTORIES_SEED=… plays that one again. A failure names the seed of its history.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import connection, transaction

from usage.tests.model.boiling import simpler
from usage.tests.model.catalogue import Catalogue
from usage.tests.model.climbing_histories import climbing_history
from usage.tests.model.comparing import Disagreement
from usage.tests.model.deeds import Step
from usage.tests.model.held_histories import held_history, roomy_history
from usage.tests.model.histories import OF_TERMS, history
from usage.tests.model.playing_seats import SeatedPlay
from usage.tests.model.product_seats import SeatedTokendesk
from usage.tests.model.ruled_histories import ruled_history
from usage.tests.model.seated_histories import seated_history
from usage.tests.remembering import forget_what_is_remembered

Inventor = Callable[[random.Random], list[Step]]

KINDS: dict[str, tuple[Inventor, int]] = {
    "grants and prices": (history, 12),
    "terms": (partial(history, of=OF_TERMS), 5),
    "many rules": (ruled_history, 4),
    "holds": (held_history, 6),
    "holds under rules": (roomy_history, 4),
    "ladders": (climbing_history, 5),
    "seats": (seated_history, 3),
}
"""What each half of a run draws, and how many: other ones each time. The soak plays a thousand of a kind."""
PARTS_OF_A_SOAK = 10
SEED = int(os.environ.get("HISTORIES_SEED") or random.SystemRandom().randrange(10**9))
SECONDS_TO_BOIL_DOWN = 60


class Over(Exception):
    """The history is over: what it wrote is rolled back."""


@pytest.fixture
def shared(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Catalogue]:
    """A catalogue, and a process that remembers prices and terms inside a transaction too.

    Nothing tells it of changes: it learns of them as it would of those another process made. All histories of a test
    are played in one transaction, which takes its time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_timeout = 0")
    with capsys.disabled():
        sys.stdout.write(f"HISTORIES_SEED={SEED}\n")
    monkeypatch.setattr("pricing.queries.pricebook._is_lasting", lambda: True)
    monkeypatch.setattr("usage.queries.standings._is_lasting", lambda: True)
    yield Catalogue()
    forget_what_is_remembered()


def play(shared: Catalogue, story: list[Step], kind: type[SeatedPlay] = SeatedPlay) -> Disagreement | None:
    forget_what_is_remembered()
    try:
        with transaction.atomic():
            desk = SeatedTokendesk(shared)
            kind(desk, office=desk).run(story)
            raise Over
    except Over:
        return None
    except Disagreement as fault:
        return fault


def boiled_down(
    shared: Catalogue, story: list[Step], fault: Disagreement, kind: type[SeatedPlay]
) -> Disagreement:
    """The fault of a story that cannot be made simpler without losing it, as far as the time allows."""
    deadline = time.monotonic() + SECONDS_TO_BOIL_DOWN
    attempts = simpler(story)
    while time.monotonic() < deadline and (attempt := next(attempts, None)) is not None:
        found = play(shared, attempt, kind)
        if found:
            story, fault, attempts = attempt, found, simpler(attempt)
    return fault


def play_many(
    shared: Catalogue, first: int, count: int, invent: Inventor, kind: type[SeatedPlay] = SeatedPlay
) -> None:
    """kind: how it is played. Two histories a half of seats have theirs by orders: see `billing/tests/orders`."""
    for number in range(first, first + count):
        story = invent(random.Random(number))
        fault = play(shared, story, kind)
        if fault:
            pytest.fail(f"HISTORIES_SEED={number}\n{boiled_down(shared, story, fault, kind)}", pytrace=False)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("half", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_model_and_product_agree_on_histories_of(shared: Catalogue, kind: str, half: int) -> None:
    invent, many = KINDS[kind]
    play_many(shared, SEED + half * many, many, invent)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS_OF_A_SOAK))
@pytest.mark.parametrize("kind", KINDS)
def test_model_and_product_agree_on_a_thousand_histories_of(shared: Catalogue, kind: str, part: int) -> None:
    invent, _ = KINDS[kind]
    play_many(shared, SEED + part * 100, 100, invent)
