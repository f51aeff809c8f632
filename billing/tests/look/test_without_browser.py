"""Without a browser the looks are skipped, and whoever asked for them is told so."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from billing.tests.look.browser import needed
from billing.tests.look.conftest import pytest_terminal_summary


class Terminal:
    """What pytest writes its summary to."""

    def __init__(self, *skipped: str) -> None:
        reports = [SimpleNamespace(longrepr=("browser.py", 46, f"Skipped: {each}")) for each in skipped]
        self.stats = {"skipped": reports} if reports else {}
        self.lines: list[str] = []

    def write_line(self, line: str, **_marks: bool) -> None:
        self.lines.append(line)


class TestSkipping:
    @pytest.mark.parametrize(
        ("installed", "why"),
        [
            ((), "NOBODY LOOKED: no chromium and no chromedriver on this machine."),
            (("chromium",), "NOBODY LOOKED: no chromedriver on this machine."),
            (("chromedriver",), "NOBODY LOOKED: no chromium on this machine."),
        ],
    )
    def test_names_what_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], why: str
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda name: name if name in installed else None)

        with pytest.raises(pytest.skip.Exception) as skipped:
            needed()

        assert str(skipped.value) == why

    def test_is_told_once_at_the_end(self) -> None:
        terminal = Terminal(*["NOBODY LOOKED: no chromium on this machine."] * 21, "another reason")

        pytest_terminal_summary(terminal)

        assert "".join(terminal.lines) == (
            "NOBODY LOOKED: no chromium on this machine. "
            "21 tests of the pages were skipped, and nothing is known of how they look."
        )

    def test_is_not_told_where_nothing_was_to_be_looked_at(self) -> None:
        terminal = Terminal("another reason")

        pytest_terminal_summary(terminal)

        assert terminal.lines == []
