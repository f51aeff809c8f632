"""One process, two sets of layers, chosen by path."""

import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import orjson
import pytest
from django.conf import settings
from django.db import OperationalError

from config import health, metrics, security
from config.wsgi import application
from usage.tests.made import Shop, named
from usage.tests.reported import an_event, rate, report


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """Speaks to the application as a web server would, without a socket."""
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client:
        yield client


@pytest.mark.committed
class TestApplication:
    def test_is_whole_before_the_first_caller_comes(self) -> None:
        asked = "import sys, config.wsgi; print({'config.urls', 'usage.api.debits'} <= sys.modules.keys())"

        loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

        assert loaded.stdout == "True\n"

    def test_leaves_the_libraries_of_papers_workbooks_and_stripe_until_they_are_needed(self) -> None:
        heavy = "{'fpdf', 'openpyxl', 'PIL', 'stripe'}"
        asked = f"import sys, config.wsgi; print(sorted({heavy} & sys.modules.keys()))"

        loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

        assert loaded.stdout == "[]\n"

    def test_tells_people_when_something_went_wrong_and_the_log_why(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_given: object) -> None:
            raise RuntimeError("the roof is off")

        monkeypatch.setattr("django.contrib.auth.views.LoginView.get_context_data", broken)
        transport = httpx.WSGITransport(app=application, raise_app_exceptions=False)
        with httpx.Client(transport=transport, base_url="http://localhost") as client:
            answer = client.get("/admin/login/")

        assert (answer.status_code, "Something went wrong" in answer.text) == (500, True)
        assert "the roof is off" in caplog.text
        assert settings.LOGGING["root"]["handlers"] == ["console"]

    def test_answers_below_api_with_problems_and_without_the_admins_layers(
        self, browser: httpx.Client
    ) -> None:
        answer = browser.get("/api/v1/no-such-thing")

        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert answer.json()["detail"] == "There is nothing at /api/v1/no-such-thing."
        assert answer.headers["content-security-policy"] == security.STRICT
        assert "x-frame-options" not in answer.headers

    def test_tells_the_length_of_an_answer(self, browser: httpx.Client) -> None:
        answer = browser.get("/healthz")

        assert answer.headers["content-length"] == str(len(answer.content))

    def test_serves_the_admin_with_its_own_policy(self, browser: httpx.Client) -> None:
        answer = browser.get("/admin/login/")

        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == security.ADMIN
        assert answer.headers["x-frame-options"] == "DENY"

    def test_serves_the_admins_files(self, browser: httpx.Client) -> None:
        assert browser.get("/static/unfold/css/styles.css").status_code == 200

    def test_leads_from_the_root_to_the_admin(self, browser: httpx.Client) -> None:
        assert browser.get("/").headers["location"] == "/admin/"


@pytest.mark.committed
class TestHealth:
    def test_is_ready_when_database_broker_and_migrations_are(self, browser: httpx.Client) -> None:
        answer = browser.get("/readyz")

        found = {"status": "ok", "database": "ok", "broker": "ok", "migrations": "ok"}
        assert (answer.status_code, orjson.loads(answer.content)) == (200, found)

    def test_names_the_broker_that_is_gone(
        self, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(settings, "REDIS_URL", "unix:///nonexistent/redis.sock?db=0")

        answer = browser.get("/readyz")

        assert answer.status_code == 503
        assert orjson.loads(answer.content)["broker"] == "unreachable"

    def test_names_migrations_that_are_wanting(
        self, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "_wanted", lambda: frozenset({("wallets", "9999_of_the_next_release")}))

        answer = browser.get("/readyz")

        assert answer.status_code == 503
        assert orjson.loads(answer.content)["migrations"] == "behind"

    def test_is_alive_without_a_database(self, browser: httpx.Client) -> None:
        assert browser.get("/healthz").json() == {"status": "ok"}

    def test_refuses_to_be_written_to(self, browser: httpx.Client) -> None:
        assert browser.post("/healthz").status_code == 405

    def test_counts_requests_by_route_and_status(self, browser: httpx.Client) -> None:
        browser.get("/api/v1/no-such-thing")

        told = browser.get("/metrics").text

        assert 'tokendesk_requests_total{method="GET",route="unknown",status="404"}' in told

    def test_tells_how_the_queue_of_usage_events_stands(self, browser: httpx.Client) -> None:
        shop = Shop()
        report(shop, an_event(shop, named("nobody")))
        rate()
        report(shop, an_event(shop, named("nobody")))

        told = dict(
            re.findall(r"^(tokendesk_events_\S+) ([0-9.e+-]+)$", browser.get("/metrics").text, re.MULTILINE)
        )

        assert float(told['tokendesk_events_waiting{reason="turn"}']) >= 1
        assert float(told['tokendesk_events_waiting{reason="unknown_account"}']) >= 1
        assert 0 < float(told["tokendesk_events_lag_seconds"]) < 3600
        assert float(told["tokendesk_events_months_ahead"]) >= 3

    def test_tells_the_rest_where_the_queue_can_not_be_asked(
        self, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails() -> None:
            raise OperationalError("no answer")

        monkeypatch.setattr(metrics, "queue", fails)

        told = browser.get("/metrics")

        assert told.status_code == 200
        assert "tokendesk_requests_total" in told.text
        assert "tokendesk_events_waiting" not in told.text
