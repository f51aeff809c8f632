"""The page of figures names tests that are there."""

from __future__ import annotations

import ast
import re

from config.tests import sources

PAGE = "docs/reference/figures.md"


def test_names_tests_that_are_there() -> None:
    named = re.findall(r"`(\S+\.py)(?:::(\w+))?`", (sources.root() / PAGE).read_text())

    assert len(named) > 30
    for path, name in named:
        tree = ast.parse((sources.root() / path).read_text())
        functions = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        assert not name or name in functions, f"{path} has no {name}"
