"""The schema and the page describe what is served, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.urls import get_resolver
from django.utils import timezone
from openapi_spec_validator import OpenAPIV31SpecValidator

from config.http import shapes
from config.http.json_text import parse
from config.http.operations import Operation
from config.kernel.errors import PROBLEMS
from usage.api import description, pages
from usage.tests.api.client import ApiClient

pytestmark = pytest.mark.django_db  # the handler looks after connections, even where it needs none

SERVED = [
    "GET /api/v1/accounts/{ref}",
    "GET /api/v1/accounts/{ref}/access",
    "GET /api/v1/accounts/{ref}/allowances",
    "GET /api/v1/accounts/{ref}/balance",
    "GET /api/v1/accounts/{ref}/budgets",
    "GET /api/v1/accounts/{ref}/budgets/{code}",
    "GET /api/v1/accounts/{ref}/entitlements",
    "GET /api/v1/accounts/{ref}/entitlements/{feature}",
    "GET /api/v1/accounts/{ref}/grants",
    "GET /api/v1/accounts/{ref}/ledger",
    "GET /api/v1/accounts/{ref}/top-up",
    "GET /api/v1/checkouts/{id}",
    "GET /api/v1/debits/{id}",
    "GET /api/v1/debits/{id}/explanation",
    "GET /api/v1/denials/{id}",
    "GET /api/v1/docs",
    "GET /api/v1/grants/{id}",
    "GET /api/v1/holds/{id}",
    "GET /api/v1/orders/{external_id}",
    "GET /api/v1/problems/{slug}",
    "GET /api/v1/rates",
    "GET /api/v1/schema",
    "GET /api/v1/usage",
    "POST /api/v1/accounts/{ref}/grants",
    "POST /api/v1/accounts/{ref}/transfers",
    "POST /api/v1/checkouts",
    "POST /api/v1/checkouts/{id}/checkin",
    "POST /api/v1/checkouts/{id}/heartbeat",
    "POST /api/v1/connections/{code}/events",
    "POST /api/v1/debits",
    "POST /api/v1/debits/batch",
    "POST /api/v1/debits/{id}/reversals",
    "POST /api/v1/entitlements/query",
    "POST /api/v1/events",
    "POST /api/v1/grants/{id}/void",
    "POST /api/v1/holds",
    "POST /api/v1/holds/{id}/capture",
    "POST /api/v1/holds/{id}/extend",
    "POST /api/v1/holds/{id}/release",
    "POST /api/v1/orders",
    "POST /api/v1/quotes",
    "POST /api/v1/top-ups/{id}/paid",
    "POST /api/v1/top-ups/{id}/refused",
    "PUT /api/v1/accounts/{ref}",
    "PUT /api/v1/accounts/{ref}/access/{pattern}",
    "PUT /api/v1/accounts/{ref}/allowances/{pattern}",
    "PUT /api/v1/accounts/{ref}/budgets/{code}",
    "PUT /api/v1/accounts/{ref}/top-up",
]

OPERATIONS = [
    (route, method, operation)
    for route in description.document().routes
    for method, operation in route.operations.items()
]


class TestSchema:
    def test_is_valid_openapi(self) -> None:
        answer = ApiClient().get("/schema")

        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json["openapi"] == "3.1.0"
        OpenAPIV31SpecValidator(answer.json).validate()

    def test_names_what_is_served(self) -> None:
        paths = ApiClient().get("/schema").json["paths"]

        assert (
            sorted(f"{method.upper()} {path}" for path, methods in paths.items() for method in methods)
            == SERVED
        )

    def test_names_every_route(self) -> None:
        patterns = [each for paths in settings.API_PATHS for each in get_resolver(paths).url_patterns]
        described = {route.path for route in description.document().routes if route.operations}

        assert len(described) == len(patterns)

    def test_gives_each_operation_a_name_of_its_own(self) -> None:
        names = [operation.name for _, _, operation in OPERATIONS]

        assert len(names) == len(set(names))

    @pytest.mark.parametrize("operation", [each for _, _, each in OPERATIONS], ids=lambda each: each.name)
    def test_shows_examples_that_fit(self, operation: Operation[Any, Any]) -> None:
        if operation.takes_body:
            shapes.read(operation.body, parse(msgspec.json.encode(operation.body_example)))
        for told in operation.answers:
            if told.example is not None:
                msgspec.convert(told.example, told.shape)

    def test_knows_every_problem_it_names(self) -> None:
        for route, _, operation in OPERATIONS:
            assert set(operation.all_problems(has_path_values=bool(route.places))) <= PROBLEMS.keys()


class TestDocs:
    @pytest.fixture
    def page(self) -> str:
        return ApiClient().get("/docs").content.decode()

    def test_needs_no_key_and_loads_nothing_from_elsewhere(self, page: str) -> None:
        answer = ApiClient().get("/docs")

        assert answer.headers["Content-Type"].startswith("text/html")
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
        assert "<script" not in page
        assert "style=" not in page

    def test_shows_every_operation_and_every_problem(self, page: str) -> None:
        for route, method, operation in OPERATIONS:
            assert f'id="op-{operation.name}"' in page, (method, route.path)
        for problem in PROBLEMS.values():
            assert f'id="{problem.slug}"' in page

    def test_dates_usage_so_that_a_call_can_be_copied(self, page: str) -> None:
        yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()

        assert f"&quot;occurred_at&quot;: &quot;{yesterday}T10:00:00Z&quot;" in page
        assert "2026-11-22" not in page

    def test_leads_to_anchors_that_exist(self, page: str) -> None:
        anchors = set(re.findall(r'id="([^"]+)"', page))

        assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors

    def test_has_a_style_sheet(self, page: str) -> None:
        (address,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)

        name = address.removeprefix("/" + settings.STATIC_URL.lstrip("/"))
        assert (Path(settings.BASE_DIR) / "usage" / "static" / name).exists()

    def test_shows_calls_that_a_shell_takes(self) -> None:
        for group in pages.groups(description.document(), "http://localhost:8000"):
            for page in group.pages:
                assert page.call.count("'") % 2 == 0
                assert "{" not in page.call.splitlines()[0]

    def test_explains_each_problem_type(self) -> None:
        answer = ApiClient().get("/problems/insufficient-tokens")

        assert (answer.status, answer.headers["Location"]) == (302, "/api/v1/docs#insufficient-tokens")
        assert ApiClient().get("/problems/nothing").slug == "not-found"
