"""The page on mapping names every field, with what fills it."""

from __future__ import annotations

from billing.connectors.generic import TARGETS
from config.tests import pages

PAGE = pages.page("docs/reference/mapping.md")


def test_mapping_names_every_field_and_what_fills_it() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    told = {tuple(pages.codes(row)[:2]) for row in rows}

    assert told == {(f"{each.record}.{each.name}", each.expression) for each in TARGETS}
    assert len(rows) == len(TARGETS)
