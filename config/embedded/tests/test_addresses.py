"""Where the database and the broker are, in every spelling that must work."""

import os
from pathlib import Path

import psutil
import pytest

from config.embedded.addresses import NOWHERE, Addresses, broker_url, database_settings


@pytest.fixture
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)


def told_by(pid: int, began_at: float) -> Addresses:
    return Addresses(
        "postgresql://app@/books?host=/run",
        "postgresql://owner@/books?host=/run",
        "unix:///r",
        "",
        pid,
        began_at,
    )


class TestDatabaseSettings:
    def test_read_a_socket_folder(self) -> None:
        found = database_settings("postgresql://tokendesk_app@/tokendesk?host=/data/run")

        assert (found["USER"], found["NAME"], found["HOST"], found["PORT"]) == (
            "tokendesk_app",
            "tokendesk",
            "/data/run",
            "",
        )

    def test_read_a_host_a_port_a_password_and_options(self) -> None:
        found = database_settings("postgresql://app:p%40ss@db.example:6432/books?sslmode=require")

        assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("db.example", "6432", "p@ss")
        assert found["OPTIONS"] == {
            "sslmode": "require",
            "connect_timeout": "10",
            "tcp_user_timeout": "20000",
        }

    def test_waits_as_long_as_the_url_says(self) -> None:
        found = database_settings("postgresql://app@db.example/books?connect_timeout=3")

        assert found["OPTIONS"]["connect_timeout"] == "3"


class TestBrokerUrl:
    def test_spells_a_socket_as_celery_does(self) -> None:
        assert (
            broker_url("unix:///data/run/redis.sock?db=3")
            == "redis+socket:///data/run/redis.sock?virtual_host=3"
        )

    def test_leaves_a_network_address_alone(self) -> None:
        assert broker_url("redis://cache.example:6379/1") == "redis://cache.example:6379/1"


@pytest.mark.usefixtures("nothing_given")
class TestAddresses:
    def test_are_those_the_running_supervisor_wrote(self, tmp_path: Path) -> None:
        told = told_by(os.getpid(), psutil.Process().create_time())

        told.tell(tmp_path)

        assert Addresses.current(tmp_path) == told
        assert (tmp_path / "services.json").stat().st_mode & 0o777 == 0o600

    def test_of_a_supervisor_that_was_killed_count_for_nothing(self, tmp_path: Path) -> None:
        told_by(os.getpid(), psutil.Process().create_time() - 3600).tell(tmp_path)

        assert Addresses.told(tmp_path) is None
        assert Addresses.current(tmp_path).database_url == NOWHERE

    def test_given_by_the_operator_come_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told_by(os.getpid(), psutil.Process().create_time()).tell(tmp_path)
        monkeypatch.setenv("DATABASE_URL", "postgresql://mine@db/books")

        found = Addresses.current(tmp_path)

        assert (found.database_url, found.owner_url) == ("postgresql://mine@db/books", None)
        assert found.url_of("owner") == "postgresql://mine@db/books"
