"""Expressions over what others told: whoever writes one, it ends."""

from __future__ import annotations

import pytest

from billing.rules.connecting import Unreadable
from billing.rules.mapping import Mapped, Rule, fault_of


def test_an_expression_that_doubles_what_it_finds_gives_up() -> None:
    bomb = "|".join(["[@,@][]"] * 55)
    assert fault_of(bomb) == ""

    with pytest.raises(Unreadable, match="too much"):
        Mapped({("order", "account"): Rule(bomb)}).found("order", "account", {"account": "acme"})


def test_an_expression_too_deep_is_said_to_be() -> None:
    assert fault_of("!" * 499 + "a") == "Its parts lie too deep in one another."
