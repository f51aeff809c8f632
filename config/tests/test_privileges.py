"""The app role is refused what would change the books, whoever writes the statement."""

import psycopg
import pytest
from django.apps import apps

from config import privileges
from config.embedded.pytest_databases import TestServices

LEDGER = [*sorted(privileges.READ_ONLY - {"django_migrations"}), *sorted(privileges.ADD_ONLY)]
REFUSED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def app(django_db_setup: None, services: TestServices) -> psycopg.Connection:
    """A connection of the app role's, as any program with its address could open one."""
    with psycopg.connect(services.app_url, autocommit=True) as connection:
        yield connection


class TestTheAppRole:
    @pytest.mark.parametrize("table", LEDGER)
    def test_changes_and_removes_no_row_of_the_books(self, app: psycopg.Connection, table: str) -> None:
        column = app.execute(f"SELECT * FROM {table} LIMIT 0").description[0].name

        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with pytest.raises(REFUSED):
                app.execute(statement)

    @pytest.mark.parametrize("table", sorted(privileges.READ_ONLY))
    def test_adds_no_row_to_what_functions_write(self, app: psycopg.Connection, table: str) -> None:
        with pytest.raises(REFUSED):
            app.execute(f"INSERT INTO {table} DEFAULT VALUES")

    @pytest.mark.parametrize("table", [*LEDGER, "pricing_version", "pricing_rate"])
    def test_switches_no_guard_off(self, app: psycopg.Connection, table: str) -> None:
        with pytest.raises(REFUSED):
            app.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        with pytest.raises(REFUSED):
            app.execute(f"TRUNCATE {table} CASCADE")

    def test_does_not_pretend_to_be_a_replica(self, app: psycopg.Connection) -> None:
        with pytest.raises(REFUSED):
            app.execute("SET session_replication_role = replica")

    def test_makes_no_tables_and_becomes_nobody_else(self, app: psycopg.Connection) -> None:
        for statement in (
            "CREATE TABLE mine (id int)",
            "SET ROLE tokendesk_owner",
            "CREATE TEMPORARY TABLE mine (id int)",
        ):
            with pytest.raises(REFUSED):
                app.execute(statement)

    def test_calls_doors_and_pure_functions_alone(self, app: psycopg.Connection) -> None:
        inner = app.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND NOT prosecdef AND provolatile <> 'i' AND has_function_privilege(oid, 'EXECUTE')"
        ).fetchall()

        assert inner == []

    def test_is_limited_in_time(self, app: psycopg.Connection) -> None:
        limits = {name: app.execute(f"SHOW {name}").fetchone() for name in privileges.TIMEOUTS}

        assert limits == {name: (value,) for name, value in privileges.TIMEOUTS.items()}


class TestTheTable:
    def test_names_tables_that_exist(self) -> None:
        known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {
            "django_migrations"
        }

        assert known >= privileges.READ_ONLY | privileges.ADD_ONLY
