from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.pytest_databases import TestServices
from config.tests.running import Product, serving, working


@pytest.fixture
def product(services: TestServices, tmp_path: Path) -> Iterator[Product]:
    with serving(services, tmp_path, f"docs_{services.worker}") as product:
        yield product


@pytest.fixture
def worker(product: Product) -> Iterator[None]:
    with working(product):
        yield
