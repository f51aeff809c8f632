"""Who sits where, and a draft that one of them wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.connectors import registry
from billing.tests.connectors.desk_sample import Outside, Sample
from billing.tests.desks.people import at_the_desk_of
from billing.tests.news.receiver import Receiver, listening
from pricing.models import Review, ReviewRule, Version
from pricing.queries.versions import rows_of
from pricing.services import drafting, reviewing
from usage.tests.made import DAY, Shop, a_grant, clock
from wallets.models import Account


@pytest.fixture
def shop() -> Shop:
    """Whose prices have stood for a hundred days."""
    return Shop(since=clock() - 100 * DAY)


@pytest.fixture
def acme(shop: Shop) -> Account:
    """Ten units of chat and four of images, five days ago."""
    account = shop.an_account(clock() - 60 * DAY)
    a_grant(account, "100", now=clock() - 60 * DAY)
    shop.debit(account, "10", "4", features=(shop.chat, shop.image), now=clock() - 5 * DAY)
    return account


@pytest.fixture
def packaging() -> Client:
    return at_the_desk_of("Packaging")


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def finance() -> Client:
    return at_the_desk_of("Finance")


@pytest.fixture
def author(packaging: Client) -> User:
    return User.objects.get(username="packaging")


@pytest.fixture
def draft(shop: Shop, author: User) -> Version:
    """Twice the price, by the person at the packaging desk."""
    draft = drafting.draft_from(version=shop.table.versions.get(), user=author)
    rows = [replace(row, tokens=Decimal(2)) for row in rows_of(draft)]
    return drafting.replace_rates(draft=draft, rows=rows, revision=None, user=author)


@pytest.fixture
def rule(shop: Shop) -> ReviewRule:
    return ReviewRule.objects.create(kind="jump", share=20, table=shop.table)


@pytest.fixture
def review(draft: Version, author: User) -> Review:
    return reviewing.ask(draft=draft, user=author, note="Winter prices")


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """The only kind of outside system there is, and what it knows."""
    monkeypatch.setattr(registry, "CONNECTORS", {"sample": Sample()})
    monkeypatch.setattr(Sample, "outside", Outside())
    return Sample.outside


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """Listens on this machine, where webhooks may lead in this test."""
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with listening() as receiver:
        yield receiver
