"""Movements as sentences."""

from dataclasses import replace

import pytest

from billing.rules.ledger_words import Charge, Spoken, sentence

ONE = Charge("Chat input ×1532", "standard v7", parts=1)
TWO = Charge("Chat input ×1532", "standard v7", parts=2)


def entry(kind: str, charge: Charge | None = None, reason: str = "") -> Spoken:
    return Spoken(kind, "3.83", "trial", reason, "Chat input", charge)


class TestSentence:
    @pytest.mark.parametrize(
        ("spoken", "said"),
        [
            (entry("draw", ONE), "Chat input ×1532 → −3.83 at standard v7"),
            (entry("draw", TWO), "Chat input ×1532 → −3.83 from the trial grant at standard v7"),
            (entry("draw"), "Usage → −3.83 from the trial grant"),
            (
                entry("late_draw", ONE),
                "Chat input ×1532 → −3.83 from expired trial tokens at standard v7: "
                "the usage was dated before they expired",
            ),
            (
                entry("late_hold"),
                "Held again +3.83 of expired trial tokens: the usage is dated before they expired",
            ),
            (
                entry("overage", TWO),
                "Chat input ×1532 → −3.83 in overage at standard v7",
            ),
            (entry("grant", reason="Pilot"), "Trial of +3.83: Pilot"),
            (entry("void"), "Taken back −3.83, the rest of a trial grant"),
            (entry("expire"), "Expired −3.83 of a trial grant, unused"),
            (entry("repay"), "A trial repaid 3.83 of overage for Chat input"),
            (entry("restore", ONE), "Given back +3.83 to the trial grant for Chat input ×1532"),
            (entry("overage_reversal", ONE), "Overage of 3.83 for Chat input taken off again"),
            (
                replace(entry("draw", ONE), rerating=7),
                "Chat input ×1532 → −3.83 at standard v7, charged anew by re-rating 7",
            ),
            (
                replace(entry("restore", ONE), rerating=7),
                "Given back +3.83 to the trial grant for Chat input ×1532, to be charged anew by re-rating 7",
            ),
            (replace(entry("expire"), rerating=7), "Expired −3.83 of a trial grant, unused"),
            (entry("transfer_in"), "Moved in +3.83 of trial tokens from another account"),
            (entry("transfer_out"), "Moved out −3.83 of trial tokens to another account"),
        ],
    )
    def test_says_what_moved_from_where_and_why(self, spoken: Spoken, said: str) -> None:
        assert sentence(spoken) == said
