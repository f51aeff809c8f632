"""The truth table: every page by every role, on a database with something of everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from billing.tests.desks.page import Page
from billing.tests.desks.pages import details, lists
from billing.tests.desks.people import at_the_desk_of
from config.roles import ROLES
from usage.tests.remembering import forget_what_is_remembered

pytestmark = pytest.mark.django_db

ROLE_OF = {
    "P": "Packaging",
    "S": "Sales",
    "M": "Sales management",
    "F": "Finance",
    "U": "Support",
    "A": "Auditor",
}
WRITES = re.compile(r'name="_save"|<form method="post" (?:enctype="[^"]+" )?class="d-card[^"]* d-form')


@pytest.fixture(scope="module")
def everything(own_database: None, django_db_blocker: Any) -> Iterator[list[Page]]:
    """All pages, in a database of their own that has something of everything."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        pages = [*lists(), *details()]
        connection.close()
        yield pages
        forget_what_is_remembered()


def answered(client: Client, page: Page) -> tuple[int, bool]:
    """The page's status, and whether a form on it would change something."""
    response = client.get(page.address)
    return response.status_code, bool(
        WRITES.search(response.getvalue().decode())
    ) and response.status_code == 200


class TestPagesByRole:
    @pytest.mark.parametrize("letter", ROLE_OF)
    def test_show_each_role_what_the_table_says(self, everything: list[Page], letter: str) -> None:
        client = at_the_desk_of(ROLE_OF[letter])

        found = {page.address: answered(client, page) for page in everything}

        wanted = {
            page.address: (200 if letter in page.sees else 403, letter in page.changes) for page in everything
        }
        assert {address: each for address, each in found.items() if each != wanted[address]} == {}

    def test_show_somebody_without_a_role_nothing(self, everything: list[Page]) -> None:
        client = at_the_desk_of(None)

        assert {page.address for page in everything if client.get(page.address).status_code != 403} == set()
        assert "Ask an administrator" in client.get("/admin/").content.decode()

    def test_send_strangers_to_the_door(self) -> None:
        client = Client()

        addresses = {client.get(page.address).headers["Location"].split("?")[0] for page in lists()}

        assert addresses == {"/admin/login/"}

    def test_refuse_to_write_what_may_not_be_written(self, everything: list[Page]) -> None:
        pages = [page for page in everything if "A" not in page.changes]
        client = at_the_desk_of("Auditor")

        statuses = {page.address: client.post(page.address, {}).status_code for page in pages}

        assert {address for address, status in statuses.items() if status not in (403, 405, 200)} == set()


class TestRoles:
    def test_are_groups_with_exactly_the_permissions_of_the_table(self) -> None:
        groups = {
            group.name: {f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()}
            for group in Group.objects.prefetch_related("permissions__content_type")
        }

        assert groups == {name: set(permissions) for name, permissions in ROLES.items()}

    def test_delete_nothing_that_moves_tokens_or_was_published(self) -> None:
        deleted = {each for permissions in ROLES.values() for each in permissions if ".delete_" in each}

        parts = {f"billing.delete_offer{part}" for part in ("tokens", "seats", "allowance", "access")}
        drafts = {"pricing.delete_version", "pricing.delete_rate", "usage.delete_rehearsal"}
        persons = {f"billing.delete_{model}" for model in ("buyer", "contact", "receivedbody")}
        assert deleted == {*drafts, *persons, *parts}
