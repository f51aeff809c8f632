"""Directions that no import shows: foreign keys, tables named in SQL, and what a room may know of Django."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model

from config.tests import sources

LAYER = {"kernel": 0, "wallets": 1, "pricing": 1, "usage": 2, "billing": 3}
QUIET_ROOMS = ("models", "rules", "queries", "services")
DOORS_ALONE = ("django.http", "django.contrib.admin", "django.shortcuts", "django.urls", "django.views")


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in LAYER]


def upward_keys() -> Iterator[str]:
    for model in our_models():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                here, there = model._meta.app_label, field.related_model._meta.app_label
                if there in LAYER and there != here and LAYER[there] >= LAYER[here]:
                    yield f"{model._meta.label}.{field.name} points at {there}"


def tables_of_others(path: Path) -> set[str]:
    """Tables that a SQL file names and its app does not own."""
    owners = {
        model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)
    }
    words = set(re.findall(r"\w+", sources.without_comments(path.read_text())))
    return {word for word in words if owners.get(word, sources.app_of(path)) != sources.app_of(path)}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


class TestForeignKeys:
    def test_point_down_and_never_at_a_sibling(self) -> None:
        assert our_models()
        assert list(upward_keys()) == []


class TestSqlFiles:
    @pytest.mark.parametrize("path", list(sources.sql_files()), ids=lambda path: path.name)
    def test_name_tables_of_their_own_app_alone(self, path: Path) -> None:
        assert tables_of_others(path) == set()

    def test_are_named_after_their_app(self) -> None:
        strangers = [
            path for path in sources.sql_files() if not path.name.startswith(f"{sources.app_of(path)}_")
        ]

        assert strangers == []


class TestRooms:
    def test_below_the_doors_know_nothing_of_requests(self) -> None:
        quiet = [
            path
            for path in sources.python_files()
            if set(QUIET_ROOMS) & set(path.parts) and "tests" not in path.parts
        ]

        found = [
            f"{path}: {name}" for path in quiet for name in imported(path) if name.startswith(DOORS_ALONE)
        ]

        assert quiet
        assert found == []
