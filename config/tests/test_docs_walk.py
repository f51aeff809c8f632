"""The walk of a debit names every file on the way, in the order of the calls."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings

from config.tests import pages, sources

WALK = "docs/explanation/a-debit.md"


@cache
def walk() -> tuple[list[str], str]:
    """The files of the walk in its order, and the part that tells what lies beside it."""
    text = pages.page(WALK).read_text()
    main, _, beside = text.partition("## Off the straight path")
    return re.findall(r"^\*\*`([\w/.]+)`\*\*", main, re.MULTILINE), beside


def calls_of(function: str, bodies: dict[str, str]) -> list[str]:
    """The functions of ours that a SQL function calls, in the order of its text."""
    found = [name for name in re.findall(r"\b(\w+_v\d+)\s*\(", bodies[function]) if name in bodies]
    return [name for name in dict.fromkeys(found) if name != function]


class TestWalkOfADebit:
    def test_names_files_that_exist_and_each_once(self) -> None:
        files, beside = walk()
        named = files + re.findall(r"`([\w/]+\.(?:py|sql))`", beside)

        assert len(set(named)) == len(named) > 30
        assert [name for name in named if not (sources.root() / name).exists()] == []

    def test_comes_to_each_file_from_one_before(self) -> None:
        files, _ = walk()
        known = (
            "\n".join([*settings.API_MIDDLEWARE, *settings.API_PATHS])
            + (sources.root() / "config/urls.py").read_text()
        )
        strangers = []
        for place, name in enumerate(files):
            module = name.removesuffix(".py").replace("/", ".")
            package, _, last = module.rpartition(".")
            is_known = re.search(
                rf"\b{re.escape(module)}\b|from {re.escape(package)} import [^)]*?\b{last}\b", known
            )
            if place and name.endswith(".py") and not is_known:
                strangers.append(name)
            known += (sources.root() / name).read_text()

        assert strangers == []

    def test_passes_the_layers_in_their_order(self) -> None:
        files, _ = walk()
        layers = [f"{path.rpartition('.')[0].replace('.', '/')}.py" for path in settings.API_MIDDLEWARE]

        assert [name for name in files if name in layers] == layers

    def test_names_every_sql_function_in_the_order_of_the_calls(self) -> None:
        bodies = {
            each.name: sources.without_comments(each.head + each.body) for each in sources.sql_functions()
        }
        files, beside = walk()
        named = [Path(name).stem for name in files if name.endswith(".sql")]
        off_the_path = {Path(name).stem for name in re.findall(r"`([\w/]+\.sql)`", beside)}
        order: list[str] = []

        def visit(function: str) -> None:
            if function not in order and function not in off_the_path:
                order.append(function)
                for called in calls_of(function, bodies):
                    visit(called)

        visit("usage_debit_batch_v1")
        reached = {called for function in off_the_path | set(order) for called in calls_of(function, bodies)}

        assert named == order
        assert reached <= off_the_path | set(order)
