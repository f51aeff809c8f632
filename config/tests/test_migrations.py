"""A release can be taken back: every migration of ours runs forwards, backwards and forwards again."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from psycopg import sql

from config.embedded.postgres import APP, OWNER, SUPERUSER
from config.embedded.pytest_databases import TestServices
from config.tests import sources

SIZES = """
    SELECT
        (
            SELECT count(*) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname ~ '^(kernel|wallets|pricing|usage|billing)_'
        ),
        (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
"""

STEPS = """
import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

def build(): call_command("migrate", verbosity=0, skip_checks=True)
def unbuild(*names): MigrationExecutor(connection).migrate([(name, None) for name in names])
def tell():
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        print(*cursor.fetchone())

django.setup()
build(); tell()
unbuild("wallets", "pricing", "kernel"); tell()
build(); tell()
"""

pytestmark = pytest.mark.release


@pytest.fixture
def empty_database(services: TestServices) -> Iterator[str]:
    """A database of the owner's with nothing in it."""
    name = f"empty_{services.worker}"
    with services.cluster.connect(SUPERUSER, "postgres") as connection:
        made = sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
        connection.execute(made)
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def sizes_after_each_step(services: TestServices, database: str) -> list[str]:
    """How many relations and functions of ours there are: built, taken back, built again. One process for all."""
    urls = {"DATABASE_URL": services.cluster.url(APP, database), "DATABASE_ROLE": "owner"}
    urls |= {"DATABASE_OWNER_URL": services.cluster.url(OWNER, database)}
    command = [sys.executable, "-c", f"SIZES = {SIZES!r}\n{STEPS}"]
    told = subprocess.run(
        command,
        env={**services.environment, **urls},
        cwd=sources.root(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout.splitlines()


@pytest.mark.timeout(300)
class TestMigrations:
    def test_run_forwards_backwards_and_forwards(self, services: TestServices, empty_database: str) -> None:
        built, taken_back, built_again = sizes_after_each_step(services, empty_database)

        assert built != "0 0"
        assert taken_back == "0 0"
        assert built_again == built
