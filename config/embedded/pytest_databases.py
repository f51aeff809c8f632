"""Databases for tests: each worker has a clone of the migrated template, entered as the app role.

Registered after pytest-django, whose fixtures of the same names it replaces. Three kinds of tests: rolled back
(`django_db`), committed (`committed`: real commits, nothing is flushed, ever), destructive (servers of their own).
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from config.embedded.addresses import database_settings
from config.embedded.postgres import APP, DATABASE, OWNER, SUPERUSER, Cluster
from config.embedded.redis import RedisServer


class TestServices:
    """Where this worker's database and Redis are."""

    __test__ = False

    def __init__(self, folder: Path, worker: str) -> None:
        self.worker = worker
        self.cluster = Cluster(folder / "postgres", folder)
        self.database = f"test_{worker}"
        self.redis_url = RedisServer(folder, folder).url(
            int(worker.removeprefix("gw")) + 1 if worker != "main" else 0
        )

    @property
    def app_url(self) -> str:
        return self.cluster.url(APP, self.database)

    @property
    def owner_url(self) -> str:
        return self.cluster.url(OWNER, self.database)

    @property
    def environment(self) -> dict[str, str]:
        """What a process started by a test needs to reach this worker's services as the app role."""
        urls = {
            "DATABASE_URL": self.app_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
        }
        return {**os.environ, **urls}

    def clone(self, database: str) -> None:
        names = {
            "name": sql.Identifier(database),
            "template": sql.Identifier(DATABASE),
            "owner": sql.Identifier(OWNER),
        }
        with self.cluster.connect(SUPERUSER, "postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}").format(**names)
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {name} TO {app}").format(app=sql.Identifier(APP), **names)
            )

    def drop(self, database: str) -> None:
        with self.cluster.connect(SUPERUSER, "postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> TestServices:
    """The servers of this run and this worker's part of them."""
    told = getattr(request.config, "workerinput", None)
    plugin: Any = request.config.pluginmanager.get_plugin("servers-of-this-run")
    folder = told["servers"] if told else plugin.folder()
    return TestServices(Path(folder), os.environ.get("PYTEST_XDIST_WORKER", "main"))


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, services: TestServices
) -> Iterator[None]:
    """Point Django at this worker's clone; at the end the audit reads all of it."""
    from django.conf import settings
    from django.db import connections

    services.clone(services.database)
    connections.settings["default"].update(
        database_settings(services.app_url), TEST=connections.settings["default"]["TEST"]
    )
    settings.REDIS_URL = services.redis_url
    yield
    with django_db_blocker.unblock():
        _prove_the_books()
        connections.close_all()


def _prove_the_books() -> None:
    """Run the audit over everything that committed tests left behind."""
    if find_spec("billing.management.commands.audit") is None:
        return
    from django.core.management import CommandError, call_command

    report = io.StringIO()
    try:
        call_command("audit", stdout=report, stderr=report)
    except (SystemExit, CommandError) as verdict:
        if not isinstance(verdict, SystemExit) or verdict.code:
            pytest.fail(
                f"The audit over the test database found a lie.\n{report.getvalue()}{verdict}", pytrace=False
            )


@pytest.fixture(scope="module")
def own_database(
    request: pytest.FixtureRequest, django_db_setup: None, services: TestServices
) -> Iterator[None]:
    """A database for the tests of one module: nobody else's rows make its questions slow.

    What the process remembers of the other database is the module's to forget, before and after.
    """
    from django.db import connection

    told = connection.settings_dict
    before = {name: told[name] for name in ("NAME", "USER")}
    own = f"{services.database}_{request.module.__name__.rpartition('.')[2]}"
    services.clone(own)
    connection.close()
    told["NAME"] = own
    yield
    connection.close()
    told.update(before)
    services.drop(own)


@pytest.fixture
def committed_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The worker's database in autocommit; what a test commits stays."""
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        left_open = [alias for alias in connections if connections[alias].in_atomic_block]
        connections.close_all()
    assert not left_open, "the test left a transaction open"


@pytest.fixture(autouse=True)
def _committed_by_marker(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("committed"):
        request.getfixturevalue("committed_database")


@pytest.fixture
def transactional_db() -> None:
    """Replaces pytest-django's, which empties tables that refuse it."""
    pytest.fail("Nothing is ever flushed here: mark the test `committed` and let it make its own account.")


@pytest.fixture
def owner(django_db_setup: None, services: TestServices) -> Iterator[psycopg.Connection[Any]]:
    """The owner role's connection to this worker's database, in autocommit. It sees only what is committed."""
    with psycopg.connect(services.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def as_owner(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let Django's own connection be the owner's; ask for it before `db`."""
    from django.db import connection

    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["USER"] = OWNER
        yield
        connection.close()
        connection.settings_dict["USER"] = APP


@pytest.fixture
def owner_db(as_owner: None, db: None) -> None:
    """A rolled-back test whose Django connection is the owner's: for planting what the app role is refused."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and (marker.kwargs.get("transaction") or item.get_closest_marker("committed")):
            raise pytest.UsageError(
                f"{item.nodeid}: `committed` takes the place of django_db(transaction=True), alone."
            )
