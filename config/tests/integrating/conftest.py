from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from config.embedded.pytest_databases import TestServices
from config.tests.integrating.installation import Installation, code_of_the_page
from config.tests.integrating.wire import OPEN, Wire
from config.tests.running import ringing, serving, working


@pytest.fixture(scope="package")
def shop(services: TestServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("integrating")
    name = f"guide_{services.worker}"
    with serving(services, folder, name) as product, working(product), ringing(product):
        wire = Wire(product.url)
        yield Installation.set_up(product, services, wire, folder)
        wire.close()


@pytest.fixture(scope="package")
def page() -> dict[str, Any]:
    return code_of_the_page()


@pytest.fixture
def desk(shop: Installation, page: dict[str, Any]) -> Iterator[Any]:
    shop.wire.go(OPEN)
    shop.wire.heard.clear()
    yield page["Tokendesk"](shop.wire.url, shop.key, patience=1.5)
    shop.wire.go(OPEN)


@pytest.fixture
def hasty(shop: Installation, page: dict[str, Any], desk: Any) -> Any:
    """A client for customers who can't wait."""
    return page["Tokendesk"](shop.wire.url, shop.key, patience=0.3)
