"""The model's reversals against small tables worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from usage.tests.model.bench import NOON, Town, buckets, hours
from usage.tests.model.facts import Answer, Refused
from usage.tests.model.ladders import Ladder
from usage.tests.model.prices import Rate


@pytest.fixture
def town() -> Town:
    return Town()


def told(answer: Answer) -> dict[str, Any]:
    names = ("restored", "lapsed", "overage")
    return {name: int(answer.facts[name]) for name in names if answer.facts[name]}


class TestReverse:
    def test_takes_overage_first_then_the_draws_backwards(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        first, second = town.grant("4", ends=5), town.grant("3", ends=6)
        debit = town.debit(("chat.in", "9"))

        part = town.reverse(debit, "4")
        rest = town.reverse(debit)

        assert (told(part), part.facts["draws"]) == ({"overage": 2, "restored": 2}, [(second.number, 2)])
        assert (told(rest), rest.facts["draws"]) == ({"restored": 5}, [(second.number, 1), (first.number, 4)])
        assert town.purse.balance == 7

    def test_sends_repaid_overage_back_to_the_grant_that_repaid_it(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        debit = town.debit(("chat.in", "9"))
        one, two = town.grant("4", kind="purchase"), town.grant("3", kind="purchase")

        part = town.reverse(debit, "6")

        assert (told(part), part.facts["draws"]) == (
            {"overage": 2, "restored": 4},
            [(two.number, 3), (one.number, 1)],
        )
        assert (buckets(one), buckets(two)) == (
            {"remaining": 1, "spent": 3},
            {"remaining": 3},
        )

    def test_credits_what_an_invoice_settled_before_it_gives_back_what_was_repaid(self, town: Town) -> None:
        town.world.enrol("acme", NOON, policy=Ladder("overage", None))
        debit = town.debit(("chat.in", "9"))
        bought = town.grant("4", kind="purchase")
        town.purse.invoice(1, NOON)
        late = town.grant("3", kind="purchase")

        part, rest = town.reverse(debit, "6"), town.reverse(debit)

        assert (told(part), told(rest)) == ({"overage": 5, "restored": 1}, {"restored": 3})
        assert (buckets(bought), buckets(late)) == ({"remaining": 4}, {"remaining": 3})
        assert (town.purse.overage, town.purse.lots[0].settled, town.purse.balance) == (0, 0, 7)

    @pytest.mark.parametrize("swept", [False, True])
    def test_lets_lapse_what_returns_to_a_grant_that_is_over(self, town: Town, swept: bool) -> None:
        grant = town.grant("5", ends=2)
        debit = town.debit(("chat.in", "3"))
        if swept:
            town.world.sweep("acme", hours(3))

        back = town.reverse(debit, now=4)

        assert told(back) == {"lapsed": 3}
        assert town.debit(("chat.in", "5"), now=5, at=1).facts["draws"] == [(grant.number, 5)]

    def test_lets_lapse_for_good_what_returns_to_a_voided_grant(self, town: Town) -> None:
        grant = town.grant("5")
        debit = town.debit(("chat.in", "3"))
        town.void(grant)

        assert told(town.reverse(debit)) == {"lapsed": 3}
        assert buckets(grant) == {"voided": 5}

    def test_is_taken_off_the_lines_from_the_last(self, town: Town) -> None:
        town.grant("9")
        debit = town.debit(("chat.in", "2"), ("pic", "3"), ("chat.out", "1"))

        assert town.reverse(debit, "2").facts["lines"] == [0, 1, 1]
        assert town.reverse(debit, "3").facts["lines"] == [1, 2, 0]
        assert town.reverse(debit).facts["lines"] == [1, 0, 0]

    @pytest.mark.parametrize("tokens", ["3.000001", "9"])
    def test_refuses_more_than_is_left(self, town: Town, tokens: str) -> None:
        town.grant("9")
        debit = town.debit(("chat.in", "4"))
        town.reverse(debit, "1")

        with pytest.raises(Refused) as refusal:
            town.reverse(debit, tokens)
        assert refusal.value.codes == {"conflict"}

    def test_refuses_when_nothing_is_left(self, town: Town) -> None:
        town.grant("9")
        debit = town.debit(("chat.in", "4"))
        town.reverse(debit, "4")

        with pytest.raises(Refused):
            town.reverse(debit)

    def test_reverses_a_debit_of_nothing_once(self) -> None:
        town = Town(Rate("chat.*", Decimal(0)))
        debit = town.debit(("chat.in", "4"))

        with pytest.raises(Refused):
            town.reverse(debit, "1")
        assert told(town.reverse(debit)) == {}
        with pytest.raises(Refused):
            town.reverse(debit)
