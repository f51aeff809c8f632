"""No operation of the schema is left out where all are to stand: bad input, and calls of the documentation."""

from __future__ import annotations

import re

import pytest
from django.urls import resolve

from config.http.operations import Operation
from config.tests import pages
from usage.api import description
from usage.tests.api import test_bad_events, test_bad_input
from usage.tests.api.conftest import Shop
from usage.tests.api.reading import reads
from usage.tests.api.writing import write_endpoints

# Whose rows are judged one by one, or whose body is anybody's, so that they have tests of their own.
OF_ITS_OWN: dict[str, object] = {
    "charge_batch": test_bad_input.test_batches,
    "report": test_bad_events.TestOneEvent,
    "tell": "billing/tests/connections/test_door.py",
}
AN_ID = "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d"


def names() -> set[str]:
    return {
        operation.name for route in description.document().routes for operation in route.operations.values()
    }


def operation_of(method: str, path: str) -> Operation:  # type: ignore[type-arg]
    found: Operation = resolve(path).func.view_class.operations[method]  # type: ignore[type-arg]
    return found


def test_is_asked_what_it_should_refuse(shop: Shop) -> None:
    asked = [(each.method, each.path) for each in write_endpoints(shop)]
    asked += [("GET", each.path) for each in reads(shop)]
    tried = {operation_of(method, f"/api/v1{path}").name for method, path in asked}

    assert tried | OF_ITS_OWN.keys() == names()
    assert tried & OF_ITS_OWN.keys() == set()


@pytest.mark.parametrize("name", pages.RUN)
def test_pages_that_are_run_call_the_api(name: str) -> None:
    assert pages.calls(pages.page(name))


def test_is_called_on_a_page_that_is_run() -> None:
    called = {
        operation_of(call.method, re.sub(r"\$\{?\w+\}?", AN_ID, call.path)).name
        for name in pages.RUN
        for call in pages.calls(pages.page(name))
        if call.path.startswith("/api/")
    }

    assert names() - called == set()
