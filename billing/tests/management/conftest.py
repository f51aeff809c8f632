"""A rate file on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing.tests.management.ratetables import PRICES


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.csv"
    file.write_text(PRICES)
    return file
