"""The three kinds of tests stand on what is shown here."""

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
class TestRolledBack:
    def test_runs_as_the_app_role(self) -> None:
        assert current_role() == "tokendesk_app"

    def test_is_not_seen_by_others(self, owner: psycopg.Connection) -> None:
        Group.objects.create(name="seen by this test alone")

        assert not owner.execute("SELECT 1 FROM auth_group WHERE name = 'seen by this test alone'").fetchone()


@pytest.mark.committed
class TestCommitted:
    def test_is_seen_by_others_at_once(self, owner: psycopg.Connection) -> None:
        Group.objects.create(name="seen by everybody")

        assert owner.execute("SELECT 1 FROM auth_group WHERE name = 'seen by everybody'").fetchone()
        owner.execute("DELETE FROM auth_group WHERE name = 'seen by everybody'")


class TestAsOwner:
    def test_lets_a_rolled_back_test_do_what_the_app_role_is_refused(self, owner_db: None) -> None:
        assert current_role() == "tokendesk_owner"
