"""A draft, who wrote it, and a second person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from pricing.models import Review, Version
from pricing.services import reviewing
from pricing.tests.prices import a_draft_by, a_person


@pytest.fixture
def mina() -> User:
    return a_person("mina")


@pytest.fixture
def tom() -> User:
    return a_person("tom")


@pytest.fixture
def draft(mina: User) -> Version:
    """What mina wrote."""
    return a_draft_by(mina)


@pytest.fixture
def review(draft: Version, mina: User) -> Review:
    """That mina asks for approval of it."""
    return reviewing.ask(draft=draft, user=mina, note="Cheaper output")
