"""Files of trials: what is taken, and what is wrong with a line."""

from __future__ import annotations

import pytest

from billing.rules.trial_rows import MOST_ROWS, TrialRow, rows_of
from config.kernel.errors import InvalidRequest


class TestRows:
    def test_are_read_with_the_line_they_end_on_and_what_is_absent_empty(self) -> None:
        rows = rows_of('\ufeffaccount, offer,reason\nacme , Pilot,"A fair,\nin Bonn"\n')

        assert rows == ([TrialRow(3, "acme", "Pilot", "", "", "A fair,\nin Bonn")], [])

    def test_may_be_apart_by_semicolons_as_spreadsheets_write_them(self) -> None:
        rows = rows_of("account;offer;reason\r\nacme;Pilot;A fair, in Bonn\r\n")

        assert rows == ([TrialRow(2, "acme", "Pilot", "", "", "A fair, in Bonn")], [])

    def test_are_read_beside_those_at_fault(self) -> None:
        text = "account,offer,reason\nacme,Pilot\nacme,Pilot,Fair,more\n,Pilot, \nacme,Pilot,Fair\n"
        read, faults = rows_of(text)

        assert read == [TrialRow(5, "acme", "Pilot", "", "", "Fair")]
        assert [fault.pointer for fault in faults] == ["/2", "/3", "/4", "/4"]

    @pytest.mark.parametrize(
        ("text", "pointers"),
        [
            ("", ["/1"]),
            ("account,offer\nacme,Pilot\n", ["/1"]),
            ("account,offer,reason,reason\n", ["/1"]),
            ("account,offer,reason,tokens\nacme,Pilot,Fair,5\n", ["/1"]),
            ("account,offer,reason\n", ["/"]),
            ("account,offer,reason\n" + "acme,Pilot,Fair\n" * (MOST_ROWS + 1), ["/"]),
            ('account,offer,reason\nacme,"Pilot"x,Fair\n', ["/2"]),
        ],
    )
    def test_refuse_what_is_no_file_of_trials(self, text: str, pointers: list[str]) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            rows_of(text)

        assert [fault.pointer for fault in refusal.value.errors] == pointers
