"""The combiner's contract, with the database left out: what is charged is a number, and a batch a list of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock, Thread, get_ident

import pytest

from config.kernel.errors import InvalidRequest, Unavailable
from usage.services.combiner import MOST_AT_ONCE, Combiner


class Books:
    """Stands for the database: notes every transaction, and can be held up or made to fail."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.alone: list[tuple[int, int]] = []
        self.gate = Event()
        self.entered = Event()
        self.gate.set()
        self.poisoned: set[int] = set()
        self._lock = Lock()

    def one(self, request: int) -> str:
        with self._lock:
            self.alone.append((request, get_ident()))
        if request in self.poisoned:
            raise ArithmeticError(f"{request} overflows")
        return f"alone {request}"

    def many(self, requests: Sequence[int]) -> list[str]:
        with self._lock:
            self.batches.append(list(requests))
        self.entered.set()
        assert self.gate.wait(10)
        if self.poisoned & set(requests):
            raise ArithmeticError("one of them overflows")
        return [f"together {request}" for request in requests]


@pytest.fixture
def books() -> Books:
    return Books()


def _queued(combiner: Combiner[int, str], count: int, pool: ThreadPoolExecutor) -> list[Callable[[], str]]:
    """Submit 1 to `count` in that order while a batch is under way."""
    answers = []
    for request in range(1, count + 1):
        answers.append(pool.submit(combiner.submit, request).result)
        while len(combiner._queue) < request:
            pass
    return answers


class TestSubmit:
    def test_charges_at_once_when_nobody_else_does(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many)

        assert combiner.submit(1) == "together 1"

        assert books.batches == [[1]]

    def test_charges_together_what_queued_while_a_batch_was_under_way(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many)
        books.gate.clear()
        with ThreadPoolExecutor(40) as pool:
            first = pool.submit(combiner.submit, 0)
            assert books.entered.wait(10)
            answers = _queued(combiner, 30, pool)
            books.gate.set()

            assert [answer() for answer in answers] == [f"together {n}" for n in range(1, 31)]

        assert first.result() == "together 0"
        assert books.batches == [[0], list(range(1, 31))]

    def test_leaves_nobody_waiting_for_more_than_two_batches(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many)
        started = Barrier(48)

        def many_times(thread: int) -> list[str]:
            started.wait()
            return [combiner.submit(thread * 100 + turn) for turn in range(25)]

        with ThreadPoolExecutor(48) as pool:
            answers = list(pool.map(many_times, range(48)))

        charged = [request for batch in books.batches for request in batch]
        assert sorted(charged) == sorted(t * 100 + n for t in range(48) for n in range(25))
        assert [answer for thread in answers for answer in thread] == [
            f"together {t * 100 + n}" for t in range(48) for n in range(25)
        ]
        assert max(len(batch) for batch in books.batches) <= MOST_AT_ONCE

    def test_runs_each_alone_in_its_own_thread_when_a_batch_fails(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many)
        books.poisoned = {7}
        books.gate.clear()
        with ThreadPoolExecutor(20) as pool:
            first = pool.submit(combiner.submit, 0)
            assert books.entered.wait(10)
            answers = _queued(combiner, 10, pool)
            books.gate.set()

            for request, answer in enumerate(answers, start=1):
                if request == 7:
                    with pytest.raises(ArithmeticError, match="7 overflows"):
                        answer()
                else:
                    assert answer() == f"alone {request}"

        assert first.result() == "together 0"
        assert sorted(request for request, _ in books.alone) == list(range(1, 11))
        assert len({thread for _, thread in books.alone}) == 10

    @pytest.mark.parametrize(
        ("fault", "level", "told"),
        [
            (Unavailable("A lock was not to be had."), "INFO", "A lock was not to be had."),
            (InvalidRequest("A result overflows."), "INFO", "A result overflows."),
            (ArithmeticError("a defect"), "ERROR", "failed"),
        ],
    )
    def test_leaves_a_trace_that_operators_see_where_a_batch_fails_by_a_fault_of_ours(
        self, books: Books, caplog: pytest.LogCaptureFixture, fault: Exception, level: str, told: str
    ) -> None:
        def undone(_requests: Sequence[int]) -> list[str]:
            raise fault

        with caplog.at_level("INFO", logger="usage.services.combiner"):
            assert Combiner(books.one, undone).submit(1) == "alone 1"

        (record,) = caplog.records
        assert (record.levelname, told in record.getMessage()) == (level, True)
        assert (record.exc_info is not None) is (level == "ERROR")

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_hands_the_lead_on_when_the_leader_is_killed(self, books: Books) -> None:
        def killed(requests: Sequence[int]) -> list[str]:
            if 0 in requests:
                books.entered.set()
                assert books.gate.wait(10)
                raise SystemExit
            return books.many(requests)

        combiner = Combiner(books.one, killed)
        books.gate.clear()
        leader = Thread(target=lambda: combiner.submit(0))
        leader.start()
        assert books.entered.wait(10)
        with ThreadPoolExecutor(5) as pool:
            answers = _queued(combiner, 5, pool)
            books.gate.set()

            assert [answer() for answer in answers] == [f"together {n}" for n in range(1, 6)]

        leader.join(10)
        assert combiner.submit(9) == "together 9"

    def test_tells_a_follower_past_its_deadline_that_the_outcome_is_unknown(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many, deadline_seconds=0.05)
        books.gate.clear()
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(combiner.submit, 0)
            assert books.entered.wait(10)

            with pytest.raises(Unavailable):
                combiner.submit(1)
            books.gate.set()

            assert first.result() == "together 0"
        assert books.batches == [[0]]
        assert combiner.submit(2) == "together 2"

    def test_charges_no_more_at_once_than_fits(self, books: Books) -> None:
        combiner = Combiner(books.one, books.many)
        books.gate.clear()
        with ThreadPoolExecutor(MOST_AT_ONCE + 20) as pool:
            pool.submit(combiner.submit, 0)
            assert books.entered.wait(10)
            answers = _queued(combiner, MOST_AT_ONCE + 10, pool)
            books.gate.set()
            for answer in answers:
                answer()

        assert [len(batch) for batch in books.batches] == [1, MOST_AT_ONCE, 10]
