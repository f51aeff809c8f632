"""The steps that the page of a version shows."""

from __future__ import annotations

import pytest

from billing.rules.life_cycle import life

MARKS = {"done": "✓", "now": "●", "later": "○", "skipped": "-", "bad": "!"}


class TestLife:
    @pytest.mark.parametrize(
        ("state", "review", "reviewed", "scheduled", "shown"),
        [
            ("draft", "draft", False, False, "●draft ○in review ○approved ○scheduled ○live"),
            ("draft", "in review", False, False, "✓draft ●in review ○approved ○scheduled ○live"),
            ("draft", "approved", False, False, "✓draft ✓in review ●approved ○scheduled ○live"),
            ("draft", "sent back", False, False, "✓draft !sent back ○approved ○scheduled ○live"),
            ("draft", "outdated", False, False, "✓draft !approval void ○approved ○scheduled ○live"),
            ("scheduled", "draft", True, True, "✓draft ✓in review ✓approved ●scheduled ○live"),
            ("scheduled", "draft", False, True, "✓draft -in review -approved ●scheduled ○live"),
            ("live", "draft", True, False, "✓draft ✓in review ✓approved -scheduled ●live"),
            ("live", "draft", False, True, "✓draft -in review -approved ✓scheduled ●live"),
            (
                "superseded",
                "draft",
                False,
                False,
                "✓draft -in review -approved -scheduled ✓live ●superseded",
            ),
            ("withdrawn", "draft", True, True, "✓draft ✓in review ✓approved ✓scheduled !withdrawn"),
        ],
    )
    def test_says_what_is_behind_here_and_ahead(
        self, state: str, review: str, reviewed: bool, scheduled: bool, shown: str
    ) -> None:
        steps = life(state, review, was_reviewed=reviewed, was_scheduled=scheduled)

        assert " ".join(f"{MARKS[step.mark]}{step.word}" for step in steps) == shown
