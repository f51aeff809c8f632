from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pricing.services import catalogue
from usage.tests.api.client import ApiClient
from usage.tests.api.conftest import Shop
from usage.tests.api.sending import BATCH, STRUCTURED, event, identities, in_headers, kept, send, waiting
from usage.tests.made import named


@pytest.fixture
def client(shop: Shop) -> ApiClient:
    return shop.client("events")


class TestOneEvent:
    def test_is_accepted_and_kept_as_sent(self, client: ApiClient) -> None:
        sent = event(
            time="2026-11-22T10:00:00Z",
            traceparent="00-ab",
            shard=7,
            retried=True,
            dataschema="https://schemas.example/usage",
            datacontenttype="application/json",
            data={
                "quantity": 12.5,
                "dimensions": {"model": "gpt-4o"},
                "cost": "0.000000000123",
                "currency": "USD",
                "session": {"id": "s-1"},
                "subject": {"user": "u-1"},
            },
        )

        answer = send(client, sent)

        assert (answer.status, answer.json) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})
        found = kept().get()
        assert (found.account, found.source, found.sent_id, found.feature) == (
            "acme",
            "/gateway",
            "e-1",
            "chat.input",
        )
        assert (str(found.quantity), found.dimensions) == ("12.500000000", {"model": "gpt-4o"})
        assert (found.cost, found.cost_currency) == (Decimal("0.000000000123"), "USD")
        assert found.occurred_at.isoformat() == "2026-11-22T10:00:00+00:00"
        assert found.subject == {"user": "u-1"}
        assert found.payload == {**sent, "data": {**sent["data"], "quantity": "12.5"}}

    def test_waits_in_the_queue_and_has_an_identity(self, client: ApiClient) -> None:
        send(client, event())

        found = kept().get()
        place = waiting().get()
        assert (place.event_id, place.recorded_at, place.reason) == (found.id, found.recorded_at, "")
        assert (place.account, place.feature, place.occurred_at) == (
            "acme",
            "chat.input",
            found.occurred_at,
        )
        identity = identities().get()
        assert (identity.account, identity.source, identity.sent_id) == ("acme", "/gateway", "e-1")
        assert (identity.event_id, identity.recorded_at) == (found.id, found.recorded_at)

    def test_is_dated_by_the_databases_clock_where_it_has_no_time(self, client: ApiClient) -> None:
        send(client, event(time=None))

        found = kept().get()
        assert found.occurred_at == found.recorded_at

    def test_needs_no_idempotency_key_and_ignores_one(self, client: ApiClient) -> None:
        answers = [
            client.post("/events", event(id=each), once="the-same", CONTENT_TYPE=STRUCTURED).json
            for each in ("a", "b")
        ]

        assert [each["accepted"] for each in answers] == [1, 1]


class TestManyEvents:
    def test_are_each_taken_or_rejected_by_themselves(self, client: ApiClient, shop: Shop) -> None:
        foreign = named("feature")
        catalogue.create_feature(product=catalogue.create_product(code=named("other")), code=foreign)
        send(client, event(id="old"))

        answer = send(
            client,
            [
                event(id="new"),
                event(id="old"),
                event(id="old", data={"quantity": 11}),
                event(id=""),
                event(id="foreign", type=foreign),
                "no event",
                event(id="unheard", type="nobody.knows.it", account="nobody"),
                event(id="new"),
                event(id="new", type="chat.output"),
            ],
            BATCH,
        )

        assert answer.status == 202
        assert (answer.json["accepted"], answer.json["duplicates"]) == (2, 2)
        rejected = {each["index"]: each["problem"] for each in answer.json["rejected"]}
        assert list(rejected) == [2, 3, 4, 5, 8]
        slugs = [problem["type"].rpartition("/")[2] for problem in rejected.values()]
        assert slugs == [
            "idempotency-key-reused", "invalid-request", "forbidden", "invalid-request", "idempotency-key-reused"
        ]  # fmt: skip
        assert [problem["status"] for problem in rejected.values()] == [422, 400, 403, 400, 422]
        assert rejected[3]["errors"] == [{"pointer": "/id", "detail": "The text is empty."}]
        assert sorted(kept().values_list("sent_id", flat=True)) == ["new", "old", "unheard"]

    def test_keep_the_order_in_which_they_were_sent(self, client: ApiClient) -> None:
        send(client, [event(id=str(n)) for n in range(50)], BATCH)

        assert list(kept().order_by("id").values_list("sent_id", flat=True)) == [str(n) for n in range(50)]

    def test_are_a_thousand_at_most_and_none_is_fine(self, client: ApiClient) -> None:
        full = send(client, [event(id=str(n)) for n in range(1000)], BATCH)
        over = send(client, [event(id=f"x{n}") for n in range(1001)], BATCH)
        none = send(client, [], BATCH)

        assert full.json == {"accepted": 1000, "duplicates": 0, "rejected": []}
        assert (over.status, over.slug) == (400, "invalid-request")
        assert none.json == {"accepted": 0, "duplicates": 0, "rejected": []}
        assert kept().count() == 1000

    def test_are_taken_in_a_number_of_statements_that_does_not_grow(
        self, client: ApiClient, django_assert_max_num_queries: Any
    ) -> None:
        send(client, [event(id=f"warm-{n}") for n in range(2)], BATCH)

        with django_assert_max_num_queries(4):
            send(client, [event(id=f"n-{n}", type=f"unknown.{n}") for n in range(200)], BATCH)


class TestBinaryMode:
    def test_carries_attributes_as_headers(self, client: ApiClient) -> None:
        answer = send(
            client,
            {"quantity": 3, "note": "x"},
            "application/json",
            **in_headers(
                time="2026-11-22T10:00:00+01:00", traceparent="00-ab", subject="M%C3%BCller%20%26%20Co"
            ),
        )

        assert (answer.status, answer.json["accepted"]) == (202, 1)
        found = kept().get()
        assert (found.account, found.quantity, found.feature) == ("Müller & Co", 3, "chat.input")
        assert found.occurred_at.isoformat() == "2026-11-22T09:00:00+00:00"
        assert found.payload["traceparent"] == "00-ab"
        assert found.payload["data"] == {"quantity": 3, "note": "x"}

    def test_is_the_same_event_as_in_structured_mode(self, client: ApiClient) -> None:
        structured = event(shard=7, datacontenttype="application/json")
        send(client, structured)

        answer = send(
            client, {"quantity": 10.0}, "application/json; charset=utf-8", **in_headers(shard='"7"')
        )

        assert answer.json == {"accepted": 0, "duplicates": 1, "rejected": []}


class TestSameEvent:
    @pytest.mark.parametrize(
        "again",
        [
            event(data={"quantity": 10}),
            event(data={"quantity": "10.0"}),
            event(data={"quantity": 1e1}),
            event(time=None),
            dict(reversed(event().items())),
        ],
        ids=str,
    )
    def test_is_a_duplicate_however_it_is_spelled(self, client: ApiClient, again: dict[str, Any]) -> None:
        send(client, event())

        answer = send(client, again)

        assert (answer.status, answer.json) == (202, {"accepted": 0, "duplicates": 1, "rejected": []})
        assert kept().count() == waiting().count() == 1

    @pytest.mark.parametrize(
        "other",
        [
            event(data={"quantity": 11}),
            event(type="chat.output"),
            event(time="2026-11-22T10:00:00Z"),
            event(shard=1),
            event(data={"note": "x"}),
        ],
        ids=str,
    )
    def test_with_other_content_is_rejected(self, client: ApiClient, other: dict[str, Any]) -> None:
        send(client, event())

        answer = send(client, other)

        assert (answer.status, answer.json["accepted"], answer.json["duplicates"]) == (202, 0, 0)
        [rejected] = answer.json["rejected"]
        assert (rejected["index"], rejected["problem"]["type"]) == (
            0,
            "/api/v1/problems/idempotency-key-reused",
        )
        assert kept().get().quantity == 10

    def test_of_another_account_or_source_is_another_event(self, client: ApiClient) -> None:
        answer = send(client, [event(), event("other"), event(source="/elsewhere")], BATCH)

        assert answer.json["accepted"] == 3
