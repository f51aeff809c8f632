"""Rolling while usage is charged: random lives and rollers at one moment, and the sums are those of the rows."""

from __future__ import annotations

from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usage.services import rolling
from usage.tests.made import Shop
from usage.tests.racing import at_once
from usage.tests.rolled import agree, roll_up
from usage.tests.rolled_life import Life

pytestmark = pytest.mark.committed


class TestRollUps:
    @settings(max_examples=4, deadline=None)
    @given(st.randoms())
    def test_agree_with_the_rows_of_any_life(self, chance: Random) -> None:
        life = Life(Shop(), chance)
        for _ in range(40):
            life.act()()
        roll_up()

        assert [agree(account) for account in life.accounts] == [True] * 3

    @settings(max_examples=1, deadline=None)
    @given(st.randoms())
    def test_agree_where_rollers_and_usage_race(self, chance: Random) -> None:
        life = Life(Shop(), chance)
        acts = [life.act() for _ in range(120)]
        answers = at_once([*acts, *[partial(rolling.roll, 5, 3)] * 24], callers=8)
        roll_up()

        assert [each for each in answers if isinstance(each, Exception)] == []
        assert [agree(account) for account in life.accounts] == [True] * 3
