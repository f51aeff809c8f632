"""Advisory locks: a number is one class, with one meaning, and the page on locks knows all that are taken."""

import re
from collections import Counter
from pathlib import Path

from config.tests import sources

PAGE = "docs/explanation/two-locks.md"
ROW = re.compile(r"^\| (7\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)
NUMBER = re.compile(r"\b7[1-9]\d\d\b")
IN_SQL = re.compile(r"advisory_xact_lock(?:_shared)?\((\d+)")
ASSIGNED = re.compile(r"^_?[A-Z_]+(?:, _?[A-Z_]+)* = .*$", re.MULTILINE)


def told() -> list[tuple[str, str]]:
    """Each number, with each file that the page names for it."""
    rows = ROW.findall((sources.root() / PAGE).read_text())
    return [(number, stem) for number, _, stems in rows for stem in re.findall(r"`(\w+)`", stems)]


def taken() -> set[tuple[str, str]]:
    """Each number that a file names, with the file."""
    found: set[tuple[str, str]] = set()
    for path in sources.sql_files():
        code = sources.without_comments(path.read_text())
        found |= {(number, path.stem) for number in IN_SQL.findall(code)}
    return found | {(number, path.stem) for path in _takers() for number in _constants(path)}


def _takers() -> list[Path]:
    return [
        path
        for path in sources.python_files(of=sources.APPS)
        if "tests" not in path.parts and "pg_" in (text := path.read_text()) and "advisory" in text
    ]


def _constants(path: Path) -> list[str]:
    return [number for line in ASSIGNED.findall(path.read_text()) for number in NUMBER.findall(line)]


class TestAdvisoryLocks:
    def test_are_those_of_the_page(self) -> None:
        assert sorted(taken()) == sorted(told())

    def test_have_a_number_for_one_meaning(self) -> None:
        numbers = [number for number, _, _ in ROW.findall((sources.root() / PAGE).read_text())]

        assert [number for number, count in Counter(numbers).items() if count > 1] == []

    def test_are_named_by_their_constant_and_nothing_else(self) -> None:
        homes = Counter(number for path in _takers() for number in _constants(path))

        assert [number for number, count in homes.items() if count > 1] == []
