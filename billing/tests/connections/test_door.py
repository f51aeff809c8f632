"""The webhook's door: who signed is taken once and at once, and nobody else leaves a trace."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial

import pytest

from billing.connectors.generic import SIGNING
from billing.connectors.registry import CONNECTORS
from billing.models import ConnectionSecret, Received
from billing.services import applying, connection_secrets
from billing.services import connections as services
from billing.tests.connections.shops import Shop, a_sale, a_shop, census
from billing.tests.orders.sold import an_offer, bought
from usage.tests.api.client import ApiClient
from usage.tests.made import an_account, clock, together
from wallets.models import Grant


class TestTwentyAtOnce:
    @pytest.mark.committed
    def test_are_one_purchase(self, committed_database: None, no_bell: None) -> None:
        account, offer, shop = an_account(), an_offer(tokens=[bought("500")]), a_shop()
        told = a_sale(account.reference, offer.code)

        answers = together([partial(shop.tell, told, "msg-1")] * 20)
        together([partial(applying.work_due, CONNECTORS, 5.0)] * 3)

        assert {each.status for each in answers} == {202}
        assert sorted(each.json["duplicate"] for each in answers) == [False] + [True] * 19
        assert len({each.json["id"] for each in answers}) == 1
        assert shop.states() == ["applied"]
        assert [grant.tokens for grant in Grant.objects.filter(account=account)] == [500]
        assert shop.handlings()[0].outcome[0]["version"] == 1


class TestWhoIsNotProven:
    def test_leaves_nothing(self, shop: Shop) -> None:
        body, now = json.dumps(a_sale("acme", "pack")).encode(), int(clock().timestamp())
        good = shop.signed(body, "msg-1", now)
        stranger = a_shop()
        before = census()

        refused = [
            shop.call(body, {}),
            shop.call(body, stranger.signed(body)),
            shop.call(body + b" ", good),
            shop.call(body, good | {"HTTP_WEBHOOK_ID": "msg-2"}),
            shop.call(body, good | {"HTTP_WEBHOOK_TIMESTAMP": str(now + 1)}),
            shop.call(body, good | {"HTTP_WEBHOOK_TIMESTAMP": "soon"}),
            shop.call(body, good | {"HTTP_WEBHOOK_SIGNATURE": "v1,ü v1, v2,x"}),
            shop.call(body, shop.signed(body, at=now - 301)),
            shop.call(body, shop.signed(body, at=now + 302)),
        ]

        assert {(each.status, each.slug) for each in refused} == {(401, "unauthenticated")}
        assert census() == before
        assert shop.call(body, good).status == 202

    def test_is_not_told_whether_a_connection_is_there(self, shop: Shop) -> None:
        body, before = b"{}", census()
        nowhere = ApiClient().send("POST", "/connections/nowhere/events", body, **shop.signed(body))
        services.set_state(connection_id=shop.row.pk, state="off")
        off = shop.call(body, shop.signed(body))

        assert (nowhere.status, nowhere.json) == (off.status, off.json) == (404, off.json)
        assert census() == before


class TestSecrets:
    def test_count_a_day_longer_when_another_is_made(self, shop: Shop) -> None:
        newer = Shop(shop.row, connection_secrets.rotate(connection_id=shop.row.pk, name=SIGNING))

        assert [each.tell({}).status for each in (shop, newer)] == [202, 202]

        ConnectionSecret.objects.exclude(ends_at=None).update(ends_at=clock() - timedelta(seconds=1))
        assert [each.tell({}).status for each in (shop, newer)] == [401, 202]

    def test_that_nothing_opens_are_a_matter_for_the_operator(self, shop: Shop, settings: object) -> None:
        settings.SECRET_KEY = "another"  # type: ignore[attr-defined]

        assert shop.tell({}).slug == "unavailable"


class TestWhoeverSigned:
    def test_is_taken_once_an_id_for_good(self, shop: Shop) -> None:
        first, again = shop.tell({"a": 1}, "msg-1"), shop.tell({"a": 1}, "msg-1")
        before = census()
        other = shop.tell({"a": 2}, "msg-1")

        assert (first.json["duplicate"], again.json) == (False, first.json | {"duplicate": True})
        assert (other.status, other.slug) == (422, "idempotency-key-reused")
        assert census() == before
        assert bytes(Received.objects.get(pk=first.json["id"]).body.content) == b'{"a": 1}'

    def test_is_refused_what_no_record_can_be(self, shop: Shop) -> None:
        before = census()
        refused = [
            shop.tell(b"no json"),
            shop.tell(b'"a text"'),
            shop.tell(b'[{"type": "order"}]'),
            shop.tell(b"[" * 100_000),
            shop.tell(b""),
            shop.tell(b"{}" + b" " * 1024 * 1024),
            shop.call(b"a=1", shop.signed(b"a=1", CONTENT_TYPE="application/x-www-form-urlencoded")),
        ]

        assert [each.status for each in refused] == [400, 400, 400, 400, 400, 413, 415]
        assert census() == before

    def test_waits_while_the_connection_is_paused(self, shop: Shop) -> None:
        services.set_state(connection_id=shop.row.pk, state="paused")

        assert shop.tell({"type": "unknown"}).status == 202
        applying.work_due(CONNECTORS, 1.0)
        assert shop.states() == ["waiting"]

    def test_is_answered_while_no_bell_rings(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr("usage.api.bell.current_app.send_task", broken)

        assert a_shop().tell({}).status == 202
