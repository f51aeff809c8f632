"""Whose work is being done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from config.kernel import trail


class TestWellFormed:
    @pytest.mark.parametrize("given", ["r-9", "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d", "a" * 128, "web:1.2_3"])
    def test_keeps_what_is(self, given: str) -> None:
        assert trail.well_formed(given) == given

    @pytest.mark.parametrize("given", ["", "a" * 129, "two words", "a\nb", "ü", 'x"}'])
    def test_makes_another_in_place_of_what_is_not(self, given: str) -> None:
        made = trail.well_formed(given)

        assert len(made) == 32
        assert made != trail.well_formed(given)


class TestFollowed:
    def test_lasts_as_long_as_its_block_and_gives_back_the_one_around_it(self) -> None:
        with trail.followed("outer") as outer:
            with trail.followed("inner"):
                trail.note(debit=1)
            trail.note(debit=2)
            found = trail.present()

        assert found is outer
        assert outer.facts == {"debit": ["2"]}
        assert trail.present() is None

    def test_belongs_to_its_thread_and_to_those_that_get_its_context(self) -> None:
        with ThreadPoolExecutor(1) as threads, trail.followed("r-9") as present:
            elsewhere = threads.submit(trail.present).result()
            given_along = threads.submit(copy_context().run, trail.present).result()

        assert (elsewhere, given_along) == (None, present)


class TestNote:
    def test_keeps_a_hundred_of_a_kind(self) -> None:
        with trail.followed("r-9") as present:
            for number in range(101):
                trail.note(debit=number)

        assert len(present.facts["debit"]) == trail.MOST_NOTED == 100

    def test_is_nothing_where_nobody_follows(self) -> None:
        trail.note(debit=1)

        assert trail.present() is None
