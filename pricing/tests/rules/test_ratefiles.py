from __future__ import annotations

import pytest

from pricing.errors import ImportRefused
from pricing.rules.ratefiles import LARGEST_FILE_BYTES, rates_of, text_of
from pricing.tests.prices import row
from pricing.tests.workbooks import workbook


def refusal(content: bytes) -> tuple[str, list[str]]:
    with pytest.raises(ImportRefused) as refused:
        text_of(content)
    return refused.value.detail, [error.detail for error in refused.value.errors]


class TestTextOf:
    def test_tells_csv_and_workbooks_apart_by_what_they_hold(self) -> None:
        text = "feature,tokens\nchat,2.5\n"

        assert text_of(text.encode()) == text
        assert text_of(workbook(["feature", "tokens"], ["chat", 2.5])) == text

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"feature,tokens\n\xff", "The file is neither a workbook nor UTF-8, at byte 15."),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                "This is an old workbook or one with a password; save it as .xlsx without one.",
            ),
            (b"PK\x03\x04", "The workbook is damaged or has a password."),
            (b"x" * (LARGEST_FILE_BYTES + 1), "A file has at most 8 MiB of text."),
        ],
    )
    def test_refuses_anything_else(self, content: bytes, said: str) -> None:
        assert refusal(content) == (said, [])

    def test_refuses_a_workbook_that_says_too_much(self) -> None:
        lines = [["chat", 1, "x" * 32_000]] * (LARGEST_FILE_BYTES // 32_000 + 1)

        assert (
            refusal(workbook(["feature", "tokens", "name"], *lines))[0] == "A file has at most 8 MiB of text."
        )

    def test_names_every_cell_at_fault(self) -> None:
        content = workbook(["feature", "tokens"], ["chat", True], [1, "x"])

        assert refusal(content) == (
            "The file has 2 errors; nothing was imported.",
            [
                "B2, tokens: This is a truth value.",
                "A3, feature: This is a number in a column of text; let the cell be text, and type it again.",
            ],
        )


class TestRatesOf:
    def test_answers_rates_with_their_lines(self) -> None:
        file = rates_of("feature,tokens\n\nchat,1\n")

        assert (file.rows, file.lines) == ((row("chat"),), (3,))

    def test_refuses_by_line(self) -> None:
        with pytest.raises(ImportRefused) as refused:
            rates_of("feature,tokens\nchat,x\n")

        assert [(error.pointer, error.detail) for error in refused.value.errors] == [
            ("/lines/2/tokens", "line 2, tokens: This is not a decimal number.")
        ]
