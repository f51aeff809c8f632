"""The browser that a module of looks shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connections

from billing.tests.look.browser import NOBODY_LOOKED, Browser, needed, server


@pytest.fixture(scope="module")
def browser(django_db_setup: None, django_db_blocker: Any) -> Iterator[Browser]:
    needed()
    with django_db_blocker.unblock(), server() as base:
        found = Browser(base, User.objects.create_superuser(f"looker-{uuid4().hex[:8]}"))
        yield found
        found.quit()
        connections.close_all()


@pytest.fixture
def colleague(browser: Browser) -> Iterator[Browser]:
    """A second person, in a browser of his own."""
    found = Browser(browser.base, User.objects.create_superuser(f"colleague-{uuid4().hex[:8]}"))
    yield found
    found.quit()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end, however quiet the run was told to be, that the looks were skipped and why."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    told = [each for each in skipped if NOBODY_LOOKED in each]
    if told:
        why = told[0][told[0].index(NOBODY_LOOKED) :].rstrip("')")
        sentence = (
            f"{why} {len(told)} tests of the pages were skipped, and nothing is known of how they look."
        )
        terminalreporter.write_line("")
        terminalreporter.write_line(sentence, red=True, bold=True)
