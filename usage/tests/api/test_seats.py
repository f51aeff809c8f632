"""Seats over HTTP."""

from __future__ import annotations

import pytest

from pricing.models import Product
from pricing.services import catalogue
from pricing.tests.prices import published, row
from usage.models import Checkout
from usage.services import limiting
from usage.tests.api.client import Answer, ApiClient
from usage.tests.api.conftest import Shop
from usage.tests.made import AUTHOR
from wallets.models import Account


@pytest.fixture
def desk(shop: Shop) -> str:
    """An account with one base seat of chat.output, whose seat costs 2 tokens an hour beyond it."""
    published(shop.table, row("chat.output", "2", interval="PT1H", refund_unused="prorata"))
    account = shop.account("100")
    limiting.give_seats(
        account_id=Account.objects.get(reference=account).pk, pattern="chat.output", seats=1, author=AUTHOR
    )
    return account


def take(client: ApiClient, account: str, user: str, key: str = "") -> Answer:
    body = {"account": account, "feature": "chat.output", "subject": {"user": user}}
    return client.post("/checkouts", body, once=key)


class TestCheckouts:
    def test_take_keep_and_give_back_a_seat(self, shop: Shop, desk: str) -> None:
        base, overflow = take(shop.all, desk, "ann"), take(shop.all, desk, "bob")

        assert (base.status, base.json["seat"], base.json["charged_until"]) == (201, "base", None)
        assert (overflow.status, overflow.json["seat"], overflow.json["tokens"]) == (
            201,
            "overflow",
            "2.000000",
        )
        kept = shop.all.post(f"/checkouts/{overflow.json['id']}/heartbeat", {})
        assert (kept.status, kept.json["refunded"]) == (200, "0.000000")
        ended = shop.all.post(f"/checkouts/{base.json['id']}/checkin", {})
        assert (ended.status, ended.json["state"]) == (200, "ended")
        moved = shop.all.post(f"/checkouts/{overflow.json['id']}/heartbeat", {})
        assert (moved.json["seat"], moved.json["charged_until"]) == ("base", None)
        assert moved.json["refunded"].startswith("1.99")
        assert shop.all.get(f"/checkouts/{overflow.json['id']}").json["seat"] == "base"

    def test_answer_a_key_again(self, shop: Shop, desk: str) -> None:
        first, again = (take(shop.all, desk, "ann", "k") for _ in range(2))

        assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
        assert again.json == first.json

    def test_need_a_key_to_take_and_to_give_back(self, shop: Shop, desk: str) -> None:
        body = {"account": desk, "feature": "chat.output"}
        seat = take(shop.all, desk, "ann").json["id"]

        refused = shop.all.send("POST", "/checkouts", body)
        kept = shop.all.send("POST", f"/checkouts/{seat}/checkin", {})

        assert (refused.status, refused.slug) == (400, "idempotency-key-missing")
        assert (kept.status, kept.slug) == (400, "idempotency-key-missing")
        assert shop.all.send("POST", f"/checkouts/{seat}/heartbeat", {}).status == 200

    @pytest.mark.parametrize(
        ("product", "feature", "slug", "pointer"),
        [
            ("", "chat.nothing", "unknown-feature", "/feature"),
            ("elsewhere", "chat.output", "forbidden", "/feature"),
            ("", "chat.input", "no-rate", "/feature"),
        ],
    )
    def test_name_the_field_at_fault_as_it_was_sent(
        self, shop: Shop, desk: str, product: str, feature: str, slug: str, pointer: str
    ) -> None:
        if product and not Product.objects.filter(code=product).exists():
            catalogue.create_product(code=product)
        client = shop.client("debit", product=product) if product else shop.all

        refused = client.post("/checkouts", {"account": desk, "feature": feature})

        assert (refused.slug, refused.pointers) == (slug, [pointer])
        assert not Checkout.objects.filter(account__reference=desk).exists()

    def test_end_once(self, shop: Shop, desk: str) -> None:
        seat = take(shop.all, desk, "ann").json["id"]
        shop.all.post(f"/checkouts/{seat}/checkin", {})

        again = shop.all.post(f"/checkouts/{seat}/checkin", {})
        kept = shop.all.post(f"/checkouts/{seat}/heartbeat", {})

        assert (again.status, again.slug) == (409, "conflict")
        assert (kept.status, kept.slug) == (409, "conflict")

    def test_are_refused_beyond_the_tokens(self, shop: Shop, desk: str) -> None:
        shop.all.put(f"/accounts/{desk}", {"state": "active"})
        poor = shop.account(None)

        refused = take(shop.all, poor, "ann")

        assert (refused.status, refused.slug) == (402, "insufficient-tokens")
        assert refused.json["denial"]
        assert not Checkout.objects.filter(account__reference=poor).exists()

    @pytest.mark.parametrize("path", ["", "/heartbeat", "/checkin"])
    def test_are_not_to_be_seen_by_another_product(self, shop: Shop, desk: str, path: str) -> None:
        seat = take(shop.all, desk, "ann").json["id"]
        catalogue.create_product(code="rival")
        rival = shop.client("debit", "read", product="rival")

        answer = rival.get(f"/checkouts/{seat}") if not path else rival.post(f"/checkouts/{seat}{path}", {})

        assert (answer.status, answer.slug) == (404, "not-found")
