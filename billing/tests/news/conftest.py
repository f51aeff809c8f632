"""News of the test's own facts alone, and endpoints that are off again when a test is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from billing.models import Endpoint, NewsReading, Recipient
from billing.services import endpoints, news, recipients
from billing.tests.news.receiver import Receiver, listening
from usage.tests.made import Shop, clock


@pytest.fixture
def from_now_on(db: None) -> None:
    """Nothing that other tests committed is told in this one, which is rolled back."""
    now = clock()
    NewsReading.objects.update(since_at=now, read_until=now)


@pytest.fixture
def shop(from_now_on: None) -> Shop:
    return Shop()


@pytest.fixture
def at_work(committed_database: None) -> Iterator[None]:
    """All is told that other tests committed; what this one switches on is switched off."""
    news.tell()
    yield
    assert not connection.in_atomic_block
    for endpoint in Endpoint.objects.on():
        endpoints.switch_off(endpoint_id=endpoint.pk, reason="The test is over.")
    for recipient in Recipient.objects.on():
        recipients.switch(recipient_id=recipient.pk, is_on=False, reason="The test is over.")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Listens on this machine, where webhooks may lead in this test."""
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with listening() as receiver:
        yield receiver
