"""What the contracts of this folder read: the files of the repository, room by room."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

APPS = ("config", "wallets", "pricing", "usage", "billing")
OTHERS = ("benchmarks",)
DOLLAR_BODY = re.compile(
    r"CREATE (?:OR REPLACE )?FUNCTION (?P<name>\w+)\s*\((?P<head>.*?)\bAS \$(?P<tag>\w*)\$(?P<body>.*?)\$(?P=tag)\$",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class SqlFunction:
    """A function as its file spells it."""

    path: Path
    name: str
    head: str
    body: str


def root() -> Path:
    return Path(settings.BASE_DIR)


def python_files(*, of: tuple[str, ...] = APPS + OTHERS) -> Iterator[Path]:
    """Every Python file that a person wrote, migrations apart."""
    for folder in of:
        yield from (
            path for path in sorted((root() / folder).rglob("*.py")) if "migrations" not in path.parts
        )


def sql_files() -> Iterator[Path]:
    for app in APPS:
        yield from sorted((root() / app).rglob("sql/*.sql"))


def app_of(path: Path) -> str:
    """The label of the app that owns a file."""
    parts = path.relative_to(root()).parts
    return parts[1] if parts[0] == "config" else parts[0]


def sql_functions() -> Iterator[SqlFunction]:
    for path in sql_files():
        for found in DOLLAR_BODY.finditer(path.read_text()):
            yield SqlFunction(path, found["name"], found["head"], found["body"])


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*|'(?:[^']|'')*'", " ", sql)
