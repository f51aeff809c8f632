from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kernel.neutral import neutral, original

TEXTS = st.one_of(st.text(), st.text("=+-@＝＋－＠\t\r\n;' a1", max_size=12))


class TestNeutral:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-quantity", "'-quantity"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("a;=1", "a;'=1"),
            ("a; =1", "a; '=1"),
            ("'=1", "''=1"),
            ("a=1", "a=1"),
            ("it's", "it's"),
            ("'tis", "'tis"),
            ("", ""),
            ("2.5", "2.5"),
        ],
    )
    def test_puts_an_apostrophe_before_what_would_run(self, text: str, written: str) -> None:
        assert neutral(text) == written
        assert original(written) == text

    @given(TEXTS)
    def test_leaves_nothing_that_runs(self, text: str) -> None:
        assert not re.search(r"(^|;) *[=+\-@＝＋－＠\t\r\n]", neutral(text))

    @given(TEXTS)
    def test_is_undone_exactly(self, text: str) -> None:
        assert original(neutral(text)) == text

    def test_takes_one_apostrophe_off_what_a_person_wrote_so(self) -> None:
        assert original("'=1") == "=1"
        assert original("'tis") == "'tis"
