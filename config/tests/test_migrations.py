"""A release can be taken back: every migration of ours runs forwards, backwards and forwards again."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from config.embedded.postgres import APP, OWNER, SUPERUSER
from config.embedded.pytest_databases import TestServices
from config.tests import sources

OURS = """
    SELECT count(*) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname ~ '^(kernel|wallets|usage|pricing)_'
"""
FUNCTIONS = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


@pytest.fixture
def empty_database(services: TestServices) -> Iterator[str]:
    """A database of the owner's with nothing in it."""
    name = f"empty_{services.worker}"
    with services.cluster.connect(SUPERUSER, "postgres") as connection:
        made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        connection.execute(made)
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(services: TestServices, database: str, *target: str) -> None:
    urls = {
        "DATABASE_URL": services.cluster.url(APP, database),
        "DATABASE_OWNER_URL": services.cluster.url(OWNER, database),
    }
    command = [
        sys.executable,
        str(sources.root() / "manage.py"),
        "migrate",
        "--verbosity=0",
        "--skip-checks",
        *target,
    ]
    told = subprocess.run(
        command, env={**services.environment, **urls}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


class TestMigrations:
    def test_run_forwards_backwards_and_forwards(self, services: TestServices, empty_database: str) -> None:
        migrate(services, empty_database)
        with psycopg.connect(services.cluster.url(OWNER, empty_database), autocommit=True) as owner:
            built = (owner.execute(OURS).fetchone(), owner.execute(FUNCTIONS).fetchone())

            for app in ("wallets", "pricing", "kernel"):
                migrate(services, empty_database, app, "zero")
            assert owner.execute(OURS).fetchone() == (0,)
            assert owner.execute(FUNCTIONS).fetchone() == (0,)

            migrate(services, empty_database)
            assert (owner.execute(OURS).fetchone(), owner.execute(FUNCTIONS).fetchone()) == built
