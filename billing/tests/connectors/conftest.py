from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.tests.connectors.stripe_server import StripeServer


@pytest.fixture
def stripe_server() -> Iterator[StripeServer]:
    server = StripeServer()
    yield server
    server.close()
