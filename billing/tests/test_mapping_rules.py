"""Expressions over what others told: whoever writes one, it ends."""

from __future__ import annotations

import pytest

from billing.rules.connecting import Unreadable
from billing.rules.mapping import OUT, Mapped, Rule, Target, fault_of, mapped_by


def test_an_expression_that_doubles_what_it_finds_gives_up() -> None:
    bomb = "|".join(["[@,@][]"] * 55)
    assert fault_of(bomb) == ""

    with pytest.raises(Unreadable, match="too much"):
        Mapped({("order", "account"): Rule(bomb)}).found("order", "account", {"account": "acme"})


def test_an_expression_too_deep_is_said_to_be() -> None:
    assert fault_of("!" * 499 + "a") == "Its parts lie too deep in one another."


class TestMappedBy:
    TARGETS = (
        Target("customer", "plan", "Plan that they ask for", "wanted.plan"),
        Target("customer", "plan", "Plan that they have", "plan_here", OUT),
    )

    def test_keeps_a_field_of_both_directions_apart(self) -> None:
        inwards, outwards = mapped_by(self.TARGETS, {}), mapped_by(self.TARGETS, {}, OUT)

        assert inwards.rules == {("customer", "plan"): Rule("wanted.plan")}
        assert outwards.rules == {("customer", "plan"): Rule("plan_here")}

    def test_takes_what_was_edited_of_its_own_direction(self) -> None:
        edited = {(OUT, "customer", "plan"): Rule("tier")}

        assert mapped_by(self.TARGETS, edited).rules[("customer", "plan")] == Rule("wanted.plan")
        assert mapped_by(self.TARGETS, edited, OUT).rules[("customer", "plan")] == Rule("tier")
