"""The model's rate tables by account and instant against a small story worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from usage.tests.model.bench import NOON, Town, hours
from usage.tests.model.facts import Refused
from usage.tests.model.prices import Rate, Table


@pytest.fixture
def town() -> Town:
    return Town()


class TestTerms:
    def test_a_new_table_holds_from_now_and_the_first_for_all_the_past(self, town: Town) -> None:
        town.world.tables["gold"] = Table("gold", "AIT")
        town.world.publish("gold", [Rate("chat.*", Decimal(2))], hours(-2000))
        town.grant("9", now=-10, starts=-10)
        town.world.enrol("acme", hours(-5), table="gold")
        town.world.enrol("fresh", hours(-5), table="gold")

        late, prompt = town.debit(("chat.in", "1"), at=-6), town.debit(("chat.in", "1"), at=-5)

        assert (late.facts["tokens"], prompt.facts["tokens"]) == (1, 2)
        assert town.world.accounts["fresh"].table_at(hours(-900)) == "gold"

    def test_scheduled_hold_from_their_instant_unless_they_are_called_off(self, town: Town) -> None:
        world, acme = town.world, town.world.accounts["acme"]
        for code in ("gold", "silver"):
            world.tables[code] = Table(code, "AIT")

        made = [
            world.schedule("acme", "gold", NOON, hours(2)),
            world.schedule("acme", "silver", NOON, hours(4)),
        ]
        before = [acme.table_at(hours(each)) for each in (1.999, 2, 3.999, 4)]
        world.call_off(0, hours(1.999))

        assert made == [True, True]
        assert before == [None, "gold", "gold", "silver"]
        assert [acme.table_at(hours(each)) for each in (2, 3.999, 4)] == [None, None, "silver"]
        for refused in (
            lambda: world.call_off(0, hours(1)),
            lambda: world.call_off(1, hours(4)),
            lambda: world.schedule("acme", "gold", NOON, hours(-1)),
            lambda: world.schedule("acme", "gold", NOON, hours(4)),
        ):
            with pytest.raises(Refused):
                refused()
        assert not world.schedule("acme", "silver", NOON, hours(5))
