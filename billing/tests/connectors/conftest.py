from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.services import accesses
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_till import Till


@pytest.fixture
def stripe_server() -> Iterator[StripeServer]:
    server = StripeServer()
    yield server
    server.close()


@pytest.fixture
def till(stripe_server: StripeServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Till:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    monkeypatch.setattr(accesses.connection, "close", lambda: None)  # the test's own transaction goes on
    return Till(stripe_server)
