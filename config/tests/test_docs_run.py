"""The shell blocks of the pages, run as they stand: bash and curl against a product of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.tests import pages, sources
from config.tests.pages import Block
from config.tests.running import Product

ADDRESS = "http://localhost:8000"
END = "\x1e"
# What no two runs have in common.
CHANGING = (
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:00)?"),
    re.compile(r"\b\d+\.\d+ s\b"),
    re.compile(r"td_[0-9a-f]+_[0-9a-f]+|\b[0-9a-f]{8}\b"),
)

pytestmark = [
    pytest.mark.committed,
    pytest.mark.skipif(
        not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="bash, curl and openssl are needed"
    ),
]


@dataclass(frozen=True)
class Told:
    """A block that was run, what it wrote, and the block below it that shows what it should write."""

    block: Block
    output: str
    shown: Block | None


def run(page: Path, product: Product, folder: Path) -> list[Told]:
    """Run the page's shell blocks in one shell, one after the other; any command that fails fails the test."""
    found = pages.blocks(page)
    script = ["set -euo pipefail"]
    for block in found:
        if block.is_run:
            script += [_pointed_at(block.text, product), f"printf '{END}'"]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        env=product.environment | {"PYTHONWARNINGS": "ignore"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    outputs = iter(done.stdout.split(END))
    return [
        Told(block, next(outputs), found[place + 1] if place + 1 < len(found) else None)
        for place, block in enumerate(found)
        if block.is_run
    ]


def _pointed_at(text: str, product: Product) -> str:
    manage = f"{sys.executable} {sources.root() / 'manage.py'}"
    return text.replace(ADDRESS, product.url).replace(".venv/bin/python manage.py", manage)


def masked(text: str) -> str:
    for changing in CHANGING:
        text = changing.sub("…", text)
    return text


def _answers(text: str) -> list[Any]:
    """The JSON values that stand one after the other in `text`."""
    decoder, found = json.JSONDecoder(), []
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def _agrees(told: Told) -> bool:
    """Whether the block did what the page shows; `…` alone on a line stands for lines left out."""
    shown = told.shown
    if shown is None or shown.kind not in ("json", "text"):
        return True
    if shown.kind == "json":
        return _answers(masked(told.output))[-1] == json.loads(masked(shown.text))
    lines = [line.rstrip() for line in masked(told.output).strip().splitlines()]
    parts = [
        part.strip("\n").splitlines() for part in re.split(r"^…$", masked(shown.text), flags=re.MULTILINE)
    ]
    return all(line.rstrip() in lines for part in parts for line in part)


class TestPages:
    @pytest.mark.parametrize("name", pages.RUN_BY_A_SERVER)
    def test_do_what_they_say(self, name: str, product: Product, tmp_path: Path) -> None:
        _does_what_it_says(name, product, tmp_path)

    @pytest.mark.parametrize("name", pages.RUN_BESIDE_A_WORKER)
    def test_that_need_a_worker_do_what_they_say(
        self, name: str, product: Product, worker: None, tmp_path: Path
    ) -> None:
        _does_what_it_says(name, product, tmp_path)


def _does_what_it_says(name: str, product: Product, folder: Path) -> None:
    told = run(pages.page(name), product, folder)

    assert told
    for each in told:
        if each.shown is None or "rejected" not in each.shown.text:
            assert "application/problem+json" not in each.output
        assert _agrees(each), f"{each.block.text}\nanswered\n{each.output}\nbut the page shows\n{each.shown}"
