"""The Python of the pages, run as it stands, over httpx, against the whole application."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from config.tests import pages
from usage.models import Debit
from usage.tests.api.client import ApiClient
from usage.tests.api.conftest import Shop, debit_of

POLICIES = "docs/how-to/set-a-policy.md"


class Wire(httpx.BaseTransport):
    """The way from a product's httpx to the application; cut while `is_away`, or after the call while `is_deaf`."""

    def __init__(self, client: ApiClient) -> None:
        self.client = client
        self.is_away = self.is_deaf = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("Nobody answers.", request=request)
        path = request.url.raw_path.decode().removeprefix(self.client.prefix)
        key = request.headers["Idempotency-Key"]
        told = self.client.send(request.method, path, request.read(), HTTP_IDEMPOTENCY_KEY=key)
        if self.is_deaf:
            raise httpx.ReadTimeout("The answer was lost.", request=request)
        return httpx.Response(told.status, headers=told.headers, content=told.content)


def code_of(name: str) -> dict[str, Any]:
    """What the page's Python defines."""
    found: dict[str, Any] = {}
    for block in pages.blocks(pages.page(name)):
        if block.kind == "python":
            exec(compile(block.text, name, "exec"), found)
    return found


@pytest.fixture
def wire(shop: Shop) -> Wire:
    return Wire(shop.all)


@pytest.fixture
def client(wire: Wire) -> httpx.Client:
    return httpx.Client(transport=wire, base_url="http://tokendesk")


class TestMeter:
    def test_charges_and_answers_whether_the_work_may_be_done(self, shop: Shop, client: httpx.Client) -> None:
        meter = code_of(POLICIES)["Meter"](client, most_waiting=2)
        account = shop.account("5")

        assert [meter.may("a", debit_of(account)), meter.may("b", debit_of(account))] == [True, False]
        assert meter.waiting == {}

    def test_lets_so_many_calls_pass_while_nobody_answers_and_charges_them_later(
        self,
        shop: Shop,
        wire: Wire,
        client: httpx.Client,
    ) -> None:
        meter = code_of(POLICIES)["Meter"](client, most_waiting=2)
        account = shop.account("7")
        wire.is_away = True
        told = [meter.may(key, debit_of(account)) for key in ("a", "b", "c")]
        wire.is_away = False

        meter.catch_up()

        assert told == [True, True, False]
        assert list(Debit.objects.values_list("key", flat=True)) == ["a"]
        assert [each["refused"].rpartition("/")[2] for each in meter.unpaid] == ["insufficient-tokens"]
        assert meter.waiting == {}

    def test_charges_once_what_was_charged_though_the_answer_was_lost(
        self,
        shop: Shop,
        wire: Wire,
        client: httpx.Client,
    ) -> None:
        meter = code_of(POLICIES)["Meter"](client, most_waiting=2)
        wire.is_deaf = True
        assert meter.may("a", debit_of(shop.account("100")))
        wire.is_deaf = False

        meter.catch_up()

        assert Debit.objects.count() == 1
        assert (meter.waiting, meter.unpaid) == ({}, [])

    def test_fails_closed_where_nothing_may_wait(self, shop: Shop, wire: Wire, client: httpx.Client) -> None:
        meter = code_of(POLICIES)["Meter"](client, most_waiting=0)
        wire.is_away = True

        assert not meter.may("a", debit_of(shop.account("100")))
