from __future__ import annotations

import json
from typing import Any

import pytest

from usage.tests.api.client import ApiClient
from usage.tests.api.conftest import Shop
from usage.tests.api.sending import BATCH, STRUCTURED, event, identities, in_headers, kept, send, without


@pytest.fixture
def client(shop: Shop) -> ApiClient:
    return shop.client("events")


class TestOneEvent:
    @pytest.mark.parametrize(
        ("sent", "pointers"),
        [
            (without("specversion", event()), ["/specversion"]),
            (event(specversion="0.3"), ["/specversion"]),
            (event(specversion=1.0), ["/specversion"]),
            (without("id", event()), ["/id"]),
            (event(id=""), ["/id"]),
            (event(id="i" * 256), ["/id"]),
            (without("source", event()), ["/source"]),
            (event(source="s" * 256), ["/source"]),
            (event(source="a\u0000b"), ["/source"]),
            (without("type", event()), ["/type"]),
            (event(type=5), ["/type"]),
            (without("subject", event()), ["/subject"]),
            (event(subject="x" * 129), ["/subject"]),
            (event(subject=None), ["/subject"]),
            (event(time="2026-11-22T10:00:00"), ["/time"]),
            (event(time=1763805600), ["/time"]),
            (without("data", event()), ["/data"]),
            ({**event(), "data": None}, ["/data"]),
            ({**event(), "data": []}, ["/data"]),
            ({**event(), "data": {}}, ["/data/quantity"]),
            (event(data={"quantity": 0}), ["/data/quantity"]),
            (event(data={"quantity": "-1"}), ["/data/quantity"]),
            (event(data={"quantity": "1_000"}), ["/data/quantity"]),
            (event(data={"quantity": "1e30"}), ["/data/quantity"]),
            (event(data={"quantity": "0.0000000001"}), ["/data/quantity"]),
            (event(data={"quantity": True}), ["/data/quantity"]),
            (event(data={"dimensions": {"size": 5}}), ["/data/dimensions/size"]),
            (event(data={"dimensions": ["a"]}), ["/data/dimensions"]),
            (event(data={"cost": "1"}), ["/data/currency"]),
            (event(data={"cost": "-1", "currency": "USD"}), ["/data/cost"]),
            (event(data={"cost": "0.0000000000001", "currency": "USD"}), ["/data/cost"]),
            (event(data={"cost": "1", "currency": "usd"}), ["/data/currency"]),
            (event(datacontenttype="text/plain"), ["/datacontenttype"]),
            ({**without("data", event()), "data_base64": "e30="}, ["/data"]),
            (event(data_base64="e30="), ["/data_base64"]),
            (event(Trace="x"), ["/Trace"]),
            (event(trace_id="x"), ["/trace_id"]),
            (event(trace={"id": "x"}), ["/trace"]),
            (event(weight=1.5), ["/weight"]),
        ],
        ids=str,
    )
    def test_that_is_malformed_is_refused_and_leaves_nothing(
        self, client: ApiClient, sent: dict[str, Any], pointers: list[str]
    ) -> None:
        answer = send(client, sent)

        assert (answer.status, answer.slug) == (400, "invalid-request")
        assert answer.pointers == pointers
        assert not kept().exists()
        assert not identities().exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b"[]",
            b"5",
            b'{"specversion": "1.0", "specversion": "1.0"}',
            json.dumps(event()).replace('"10"', "NaN").encode(),
            json.dumps(event()).replace('"quantity"', '"quantity": 1, "quantity"').encode(),
            json.dumps(event(data={"note": "x"}))
            .replace('"note"', '"note": {"a": 1, "a": 2}, "also"')
            .encode(),
            json.dumps(event(data={"note": "\ud800"})).encode(),
            json.dumps(event(data={"note": "\u0000"})).encode(),
            b'{"a":' * 5000,
        ],
    )
    def test_in_no_form_at_all_is_refused(self, client: ApiClient, body: bytes) -> None:
        answer = send(client, body)

        assert (answer.status, answer.slug) == (400, "invalid-request")
        assert not kept().exists()


class TestManyEvents:
    @pytest.mark.parametrize("body", [b"", b"{}", b"5", b"[1,", json.dumps(event()).encode()])
    def test_come_as_a_list(self, client: ApiClient, body: bytes) -> None:
        answer = send(client, body, BATCH)

        assert (answer.status, answer.slug) == (400, "invalid-request")


class TestBinaryMode:
    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ({"specversion": ""}, "/specversion"),
            ({"specversion": "2.0"}, "/specversion"),
            ({"id": ""}, "/id"),
            ({"trace_id": "x"}, "/trace_id"),
        ],
    )
    def test_is_read_as_strictly(self, client: ApiClient, more: dict[str, str], said: str) -> None:
        answer = send(client, {"quantity": 3}, "application/json", **in_headers(**more))

        assert (answer.status, answer.pointers) == (400, [said])

    def test_refuses_what_is_not_utf_8(self, client: ApiClient) -> None:
        answer = send(client, {"quantity": 3}, "application/json", **in_headers(subject="%FF"))

        assert (answer.status, answer.slug) == (400, "invalid-request")


class TestDoor:
    def test_asks_for_the_scope(self, shop: Shop) -> None:
        assert send(shop.client("debit", "read", "provision"), event()).slug == "forbidden"
        assert send(ApiClient("nonsense"), event()).slug == "unauthenticated"
        assert not kept().exists()

    @pytest.mark.parametrize(
        "media_type",
        [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/cloudevents+xml",
            "application/cloudevents+json; charset=latin-1",
            "application/cloudevents-batch+json; charset=utf-16",
        ],
    )
    def test_refuses_other_kinds_of_content(self, client: ApiClient, media_type: str) -> None:
        answer = send(client, event(), media_type)

        assert (answer.status, answer.slug) == (415, "unsupported-media-type")
        assert not kept().exists()

    def test_takes_a_charset_of_utf_8(self, client: ApiClient) -> None:
        assert send(client, event(), f"{STRUCTURED}; charset=UTF-8").status == 202

    def test_takes_eight_mebibytes_and_no_more(self, client: ApiClient) -> None:
        large = json.dumps([event(id=str(n), data={"note": "x" * 8000}) for n in range(1000)])
        padded = large.ljust(8 * 1024 * 1024).encode()

        assert send(client, padded + b" ", BATCH).slug == "payload-too-large"
        assert not kept().exists()
        assert send(client, padded, BATCH).json["accepted"] == 1000

    def test_answers_no_other_method(self, client: ApiClient) -> None:
        assert client.get("/events").status == 405
