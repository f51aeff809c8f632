"""Numbers of papers as people write them: `2026-000123`, `C2026-000123`, `Q-2026-0007`."""

from __future__ import annotations

import re


def number_in(text: str, series: str = "") -> tuple[int, int] | None:
    """The year and the number in it that the text names; none where it is no number of the series."""
    found = re.fullmatch(rf"{re.escape(series)}(\d{{4}})-(\d{{1,9}})", text.strip().upper(), re.ASCII)
    return (int(found[1]), int(found[2])) if found else None
