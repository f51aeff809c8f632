"""What was crossed, in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.rules.crossing_words import Reached, sentence


class TestSentence:
    @pytest.mark.parametrize(
        ("kind", "name", "told"),
        [
            ("limit.reached", "overage", "All the overage that the policy allows was used up."),
            ("limit.reached", "budget:gone", "A limit is reached."),
            ("balance.threshold", "threshold:80", "80 % of the tokens were spent."),
            ("balance.depleted", "depleted", "The tokens are used up."),
            ("grace.started", "grace", "Grace has begun."),
            ("something.new", "new", "Something.new."),
        ],
    )
    def test_says_what_happened(self, kind: str, name: str, told: str) -> None:
        assert sentence(kind, name, None) == told

    def test_names_a_budget_and_whose_it_was(self) -> None:
        shared = Reached("team", "AIT", "day", Decimal("1250000.500000"), "", "")
        apart = Reached("team", "AIT", "total", Decimal(10), "user", "ann")
        unknown = Reached("team", "AIT", "month", Decimal(10), "user", "")

        told = [sentence("limit.reached", "budget:team", each) for each in (shared, apart, unknown)]

        assert told == [
            "The budget team was used up: 1,250,000.5 AIT a day.",
            "The budget team for user ann was used up: 10 AIT in all.",
            "The budget team for user unknown was used up: 10 AIT a month.",
        ]
