"""Sizes past which a room becomes a hall."""

import ast
from collections.abc import Iterator
from pathlib import Path

from config.tests import sources

FILE_LINES, FUNCTION_LINES, SQL_FUNCTION_LINES = 300, 40, 150


def long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path.relative_to(sources.root())}: {node.name} has {lines} lines"


class TestBudgets:
    def test_a_python_file_keeps_to_three_hundred_lines(self) -> None:
        sizes = {path: len(path.read_text().splitlines()) for path in sources.python_files()}

        assert {str(path): size for path, size in sizes.items() if size > FILE_LINES} == {}

    def test_a_python_function_keeps_to_forty(self) -> None:
        assert [found for path in sources.python_files() for found in long_functions(path)] == []

    def test_a_sql_function_keeps_to_a_hundred_and_fifty(self) -> None:
        functions = list(sources.sql_functions())

        assert functions
        assert [each.name for each in functions if each.body.count("\n") > SQL_FUNCTION_LINES] == []
