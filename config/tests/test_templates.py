"""Pages load everything from ourselves: no address of another machine in a template or a stylesheet."""

import re
from pathlib import Path

from config.tests import sources

LOADS = re.compile(
    r"""(?:\bsrc|\bhref|\bsrcset|\bdata)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|<script>"""
)
LINKS_FOR_PEOPLE = re.compile(r"<a\b[^>]*>")


def pages() -> list[Path]:
    roots = [sources.root() / folder for folder in ("templates", *sources.APPS)]
    return [
        path
        for folder in roots
        for kind in ("html", "css", "js", "svg")
        for path in folder.rglob(f"*.{kind}")
    ]


class TestTemplates:
    def test_load_nothing_from_elsewhere(self) -> None:
        loading = [path for path in pages() if LOADS.search(LINKS_FOR_PEOPLE.sub("", path.read_text()))]

        assert loading == []
