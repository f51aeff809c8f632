"""What processes write down: readable lines or JSON, whose work it was, and no secrets."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from config import logs, settings
from config.embedded.pytest_databases import TestServices
from config.following import OneLineWhileAway
from config.kernel import trail
from config.tests.running import Product, log_of, managed, serving, working
from config.wsgi import application

SECONDS_FOR_A_JOB = 30


def record(message: str, *given: object, **facts: object) -> logging.LogRecord:
    made = logging.LogRecord("usage.services.charging", logging.WARNING, __file__, 1, message, given, None)
    if facts:
        made.facts = facts
    return made


class TestLines:
    def test_end_with_the_request_they_belong_to(self) -> None:
        with trail.followed("r-9"):
            told = logs.Lines(logs.LINE).format(record("Charged %d.", 3, debit=["a", "b"]))

        assert told.endswith("WARNING usage.services.charging: Charged 3. [request_id=r-9 debit=a,b]")

    def test_are_plain_where_nobody_asked(self) -> None:
        assert logs.Lines(logs.LINE).format(record("Charged.")).endswith(": Charged.")

    def test_tell_before_the_traceback_whose_work_it_was(self) -> None:
        failed = record("It failed.")
        try:
            raise RuntimeError("the roof is off")
        except RuntimeError:
            failed.exc_info = sys.exc_info()

        with trail.followed("r-9"):
            lines = logs.Lines(logs.LINE).format(failed).splitlines()

        assert lines[0].endswith("It failed. [request_id=r-9]")
        assert lines[-1] == "RuntimeError: the roof is off"


class TestJson:
    def test_is_an_object_a_line(self) -> None:
        with trail.followed("r-9"):
            told = logs.Json().format(record('Two\nlines "quoted"', debit=["a"]))

        assert "\n" not in told
        assert json.loads(told) | {"time": ""} == {
            "time": "",
            "level": "WARNING",
            "logger": "usage.services.charging",
            "message": 'Two\nlines "quoted"',
            "request_id": "r-9",
            "debit": ["a"],
        }

    def test_tells_the_time_in_utc(self) -> None:
        made = record("Now.")
        made.created = 1_764_201_600.25

        assert json.loads(logs.Json().format(made))["time"] == "2025-11-27T00:00:00.250+00:00"


class TestSecrets:
    @pytest.mark.parametrize("formatter", [logs.Lines(logs.LINE), logs.Json()])
    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("at postgresql://app:s3cret@db/tokendesk", "postgresql://app:***@db/tokendesk"),
            ("with td_0123abcd_s3cret0000", "with ***"),
            ("Authorization: Bearer s3cret", "Authorization: ***"),
            ("key sk_live_s3cret99", "key ***"),
            ("signed by whsec_s3cret+/=", "signed by ***"),
            ("Internal Server Error: /my/link/s3cret-_/", "Error: /my/link/***/"),
            ("Forbidden (Origin): /my/enter/s3cret/", "Forbidden (Origin): /my/enter/***/"),
            ("Error: /shared/usage/s3cret:signed", "Error: /shared/usage/***"),
        ],
    )
    def test_are_left_out_of_whatever_is_said(
        self, formatter: logging.Formatter, said: str, kept: str
    ) -> None:
        told = formatter.format(record("%s", said))

        assert kept in told
        assert "s3cret" not in told


class TestOfTheWebServer:
    def test_is_written_as_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOG_FORMAT", "json")
        assert isinstance(logs.as_asked_for(), logs.Json)

        monkeypatch.setenv("LOG_FORMAT", "lines")
        assert isinstance(logs.as_asked_for(), logs.Lines)

    def test_leaves_out_its_advice_alone(self) -> None:
        advice = (
            "Configuration allows spawning up to 32 Python threads, which seems quite high compared to ..."
        )

        told = [
            logs.WithoutAdvice().filter(record(each)) for each in (advice, "Unexpected exit from worker-1")
        ]

        assert told == [False, True]


class TestJobsThatFailed:
    @pytest.mark.parametrize(("sqlstate", "is_short"), [("57P03", True), (None, True), ("57014", False)])
    def test_are_told_in_one_line_while_the_database_is_away(
        self, sqlstate: str | None, is_short: bool
    ) -> None:
        failed = record("Task billing.tasks.tell_news raised unexpected.")
        fault = OperationalError("the database system is starting up")
        fault.sqlstate = sqlstate  # type: ignore[attr-defined]
        failed.exc_info = (OperationalError, fault, None)

        assert OneLineWhileAway().filter(failed)

        assert (failed.exc_info is None) == is_short

    def test_are_told_as_they_stand_where_it_was_no_fault_of_the_database(self) -> None:
        failed = record("Task billing.tasks.tell_news raised unexpected.")
        failed.exc_info = (KeyError, KeyError("unit"), None)

        assert OneLineWhileAway().filter(failed)

        assert failed.exc_info is not None
        assert settings.LOGGING["loggers"]["celery.app.trace"] == {"filters": ["away"]}


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client:
        yield client


@pytest.mark.committed
class TestRequests:
    @pytest.mark.parametrize("path", ["/api/v1/no-such-thing", "/healthz", "/admin/login/"])
    def test_are_answered_with_the_id_they_brought(self, browser: httpx.Client, path: str) -> None:
        assert browser.get(path, headers={"X-Request-Id": "r-9"}).headers["x-request-id"] == "r-9"

    def test_are_given_one_where_theirs_is_none(self, browser: httpx.Client) -> None:
        made = browser.get("/healthz", headers={"X-Request-Id": "two words"}).headers["x-request-id"]

        assert len(made) == 32

    def test_are_told_of_with_what_was_refused(
        self, browser: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "config.logs")

        browser.get("/api/v1/accounts/acme", headers={"Authorization": "Bearer td_0123abcd_unknown"})

        (line,) = [each for each in caplog.records if each.name == "config.logs"]
        facts: dict[str, Any] = line.facts  # type: ignore[attr-defined]
        assert line.getMessage() == "GET api/v1/accounts/<str:ref> answered 401"
        assert facts | {"milliseconds": 0} == {
            "method": "GET",
            "route": "api/v1/accounts/<str:ref>",
            "status": 401,
            "milliseconds": 0,
            "problem": ["unauthenticated"],
        }

    def test_for_another_host_leave_one_line(
        self, browser: httpx.Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        answer = browser.get("/admin/login/", headers={"Host": "evil.example"})

        (line,) = [each for each in caplog.records if each.name == "django.security.DisallowedHost"]
        assert (answer.status_code, line.exc_info) == (400, None)
        assert "evil.example" in line.getMessage()


class TestSettings:
    def test_refuse_a_form_that_nobody_knows(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is 'xml': give one of lines, json"):
            settings._one_of("LOG_FORMAT", "xml", logs.FORMATS)

    def test_take_lines_and_warnings_where_nothing_is_said(self) -> None:
        assert settings.LOGGING["handlers"]["console"]["formatter"] == "lines"
        assert settings.LOGGING["loggers"]["usage"] == {"level": "WARNING"}


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


def line_of(log: Path, **wanted: object) -> dict[str, Any]:
    """The first line with these members, waited for."""
    deadline = time.monotonic() + SECONDS_FOR_A_JOB
    while time.monotonic() < deadline:
        for line in lines_of(log):
            if wanted.items() <= line.items():
                return line
        time.sleep(0.1)
    raise AssertionError(f"{wanted} is not in\n{log.read_text()}")


@pytest.fixture
def telling(services: TestServices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    """A product whose processes write JSON, and all of it."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    with serving(services, tmp_path, f"logs_{services.worker}") as product, working(product):
        yield product


@pytest.mark.committed
class TestProcesses:
    def test_tell_of_a_request_from_the_web_to_the_worker(self, telling: Product, tmp_path: Path) -> None:
        prices = tmp_path / "prices.csv"
        prices.write_text("product,feature,tokens\nassistant,chat,1\n")
        managed(telling, "ratetable", "import", "standard", str(prices), "--publish")
        key = managed(
            telling, "apikey", "create", "--product", "assistant", "--scopes", "debit,events,provision"
        )
        with httpx.Client(base_url=telling.url, headers={"Authorization": f"Bearer {key}"}) as client:
            client.put("/api/v1/accounts/acme", json={"policy": {"mode": "overage", "limit": None}})
            debit = client.post(
                "/api/v1/debits",
                json={"account": "acme", "items": [{"feature": "chat", "quantity": 7}]},
                headers={"Idempotency-Key": "first", "X-Request-Id": "r-debit"},
            )
            event = {"specversion": "1.0", "id": "e-1", "source": "/s", "type": "chat", "subject": "acme"}
            client.post(
                "/api/v1/events",
                json=event | {"data": {"quantity": 3}},
                headers={"Content-Type": "application/cloudevents+json", "X-Request-Id": "r-event"},
            )

        web = log_of("web", telling.environment)
        worker = log_of("worker", telling.environment)
        charged = line_of(web, request_id="r-debit")
        rated = line_of(worker, request_id="r-event")

        assert (charged["status"], charged["debit"]) == (201, [debit.json()["id"]])
        assert (rated["task"], len(rated["event"])) == ("usage.tasks.rate_events", 1)
        assert key not in web.read_text() + worker.read_text()
        assert "quantity" not in web.read_text() + worker.read_text()
