"""The browser that a module of looks shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections

from billing.tests.look.browser import Browser, needed, server


@pytest.fixture(scope="module")
def browser(django_db_setup: None, django_db_blocker: Any) -> Iterator[Browser]:
    needed()
    with django_db_blocker.unblock(), server() as base:
        found = Browser(base, User.objects.create_superuser(f"looker-{uuid4().hex[:8]}"))
        yield found
        found.quit()
        connections.close_all()
