"""Pages that say what went wrong, whoever asked for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import Client

from config.desk import faults
from config.wsgi import application
from usage.tests.made import named

pytestmark = pytest.mark.committed

ACCOUNT = "/my/01a21b4f-6d6c-7a7b-a877-6db4c754f46c/"


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    transport = httpx.WSGITransport(app=application, raise_app_exceptions=False)
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        yield client


def cut_off(*_given: object, **_named: object) -> None:
    """As where PostgreSQL ends while it is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def too_slow(*_given: object, **_named: object) -> None:
    raise OperationalError("canceling statement due to statement timeout") from Cancelled()


class Cancelled(Exception):
    sqlstate = "57014"


class TestWayBack:
    @pytest.mark.parametrize(
        ("path", "back"),
        [
            ("/nothing", "/admin/"),
            ("/my/nothing", "/my/"),
            (f"{ACCOUNT}nothing", ACCOUNT),
            ("/shared/nothing", None),
        ],
    )
    def test_leads_to_where_it_came_from(self, browser: httpx.Client, path: str, back: str | None) -> None:
        answer = browser.get(path)

        assert (answer.status_code, "There is nothing here." in answer.text) == (404, True)
        assert ("<a href=" in answer.text) == (back is not None)
        assert back is None or f'<a href="{back}">' in answer.text
        assert ("/admin/" in answer.text) == (back == "/admin/")
        assert "style-src 'self'" in answer.headers["content-security-policy"]

    def test_is_the_same_where_something_is_refused_or_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_given: object) -> None:
            raise PermissionDenied("Not on Sundays.")

        def broken(*_given: object) -> None:
            raise RuntimeError("the roof is off")

        client = Client(raise_request_exception=False)
        for raising, status, said in (
            (refused, 403, "Not on Sundays."),
            (broken, 500, "Something went wrong."),
        ):
            monkeypatch.setattr("billing.portal.door.shown", raising)
            answer: Any = client.get("/my/")

            assert answer.status_code == status
            assert said in answer.content.decode()
            assert '<a href="/my/">' in answer.content.decode()
            assert "/admin/" not in answer.content.decode()

    def test_leads_those_who_may_not_see_a_page_home(self) -> None:
        client = Client()
        client.force_login(User.objects.create_user(named("clerk"), is_staff=True))

        answer = client.get("/admin/billing/offer/")

        assert (answer.status_code, b'<a href="/admin/">' in answer.content) == (403, True)


class TestWithoutADatabase:
    @pytest.mark.parametrize(
        ("path", "asks"),
        [
            ("/my/", "billing.portal.door.shown"),
            ("/admin/login/", "django.contrib.auth.views.LoginView.get_context_data"),
        ],
    )
    def test_pages_say_that_it_does_not_answer(
        self,
        browser: httpx.Client,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        path: str,
        asks: str,
    ) -> None:
        with monkeypatch.context() as during:
            during.setattr(asks, cut_off)
            answer = browser.get(path)

        assert (answer.status_code, answer.headers["retry-after"]) == (503, str(faults.SECONDS_UNTIL_RETRY))
        assert "The database does not answer." in answer.text
        assert ("/admin/" in answer.text) == path.startswith("/admin/")
        (told,) = caplog.records
        assert told.getMessage().startswith("The database did not answer: ")
        assert "\n" not in told.getMessage()
        assert told.exc_info is None
        assert browser.get(path).status_code == 200

    def test_the_log_has_the_place_of_what_took_too_long(
        self, browser: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("billing.portal.door.shown", too_slow)

        assert browser.get("/my/").status_code == 503
        (told,) = caplog.records
        assert told.exc_info is not None
