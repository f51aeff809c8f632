from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billing.models import Connection
from billing.services import connections
from billing.tests.outbound.plain import a_connection
from billing.tests.outbound.vendor import Vendor, a_vendor


@pytest.fixture
def vendor(settings: Any) -> Iterator[Vendor]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with a_vendor() as vendor:
        yield vendor


@pytest.fixture
def plain(committed_database: None, vendor: Vendor) -> Iterator[Connection]:
    """A connection that is off again when the test is over."""
    yield a_connection(vendor)
    for row in Connection.objects.on():
        connections.set_state(connection_id=row.pk, state=Connection.State.OFF)
