"""What axe, the checker of accessibility that browsers' own tools use, finds on the page that is open."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

SCRIPT = Path(sys.prefix) / "axe" / "axe_playwright_python" / "axe.min.js"
"""Where `make look` puts it."""
COUNTS = ("serious", "critical")
"""How bad a finding has to be; of less axe only advises."""
RUN = """
    const beside = location.pathname !== "/admin/" && document.querySelector("#nav-sidebar");
    const looked = beside ? {exclude: [["#nav-sidebar"]]} : document;
    return axe.run(looked, {resultTypes: ["violations"]}).then(found => found.violations
        .filter(rule => arguments[0].includes(rule.impact))
        .map(rule => `${rule.id}: ` + rule.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(" | ")));
"""
"""The list of pages at the side is the same on each: it is checked at home alone."""


@cache
def script() -> str:
    """Axe, and the call that asks it; without it the looks are skipped, loudly."""
    if not SCRIPT.exists():
        pytest.skip("NOBODY LOOKED: no axe on this machine; `make look` fetches it.")
    return f"{SCRIPT.read_text()}\n{RUN}"
