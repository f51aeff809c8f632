from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from billing.rules.connecting import Access, NotSetUp, Unreadable, Unverified
from billing.tests.connectors.stripe_protocol import Tree
from billing.tests.connectors.stripe_server import StripeServer
from billing.tests.connectors.stripe_told import STRIPE, access, incoming


@pytest.fixture
def event(stripe_server: StripeServer) -> Tree:
    stripe_server.books.customer()
    return stripe_server.books.event("customer.created")


class TestAWebhook:
    def test_is_the_event_that_was_sent(self, stripe_server: StripeServer, event: Tree) -> None:
        record = STRIPE.verify(access(stripe_server), incoming(stripe_server, event))

        assert (record.external_id, record.kind, record.content) == (event["id"], "customer.created", event)
        assert record.occurred_at == datetime.fromtimestamp(event["created"], UTC)

    def test_is_believed_by_any_secret_that_counts(self, stripe_server: StripeServer, event: Tree) -> None:
        mine = access(stripe_server)
        call = incoming(stripe_server, event)
        new = replace(
            mine, secrets={**mine.secrets, "signing_secret": ["whsec_new", stripe_server.signing_secret]}
        )
        other = replace(mine, secrets={**mine.secrets, "signing_secret": ["whsec_new"]})
        stripe_server.old_signing_secrets.append("whsec_new")
        rolled = incoming(stripe_server, event)

        assert STRIPE.verify(new, call).external_id == event["id"]
        assert STRIPE.verify(other, rolled).external_id == event["id"]
        with pytest.raises(Unverified):
            STRIPE.verify(other, call)

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_is_not_believed_after_its_time(
        self, stripe_server: StripeServer, event: Tree, seconds: int
    ) -> None:
        now = int(incoming(stripe_server, event).at.timestamp())
        call = replace(incoming(stripe_server, event, at=now + seconds), at=datetime.fromtimestamp(now, UTC))

        with pytest.raises(Unverified, match="of the last 300 seconds"):
            STRIPE.verify(access(stripe_server), call)

    @pytest.mark.parametrize(
        "header",
        ["", "t=1", "v1=aa", "t=,v1=", "t=1,v0=aa", "t=x,v1=aa", "t=1,t=2,v1=ü", "=,=,=", "t=1=2,v1=aa"],
    )
    def test_is_not_believed_without_a_signature(
        self, stripe_server: StripeServer, event: Tree, header: str
    ) -> None:
        call = replace(incoming(stripe_server, event), headers={"stripe-signature": header})

        with pytest.raises(Unverified):
            STRIPE.verify(access(stripe_server), call)

    def test_is_not_believed_with_another_byte(self, stripe_server: StripeServer, event: Tree) -> None:
        call = incoming(stripe_server, event)

        for body in (call.body[:-1], call.body + b" ", call.body.replace(b"cus_", b"cuS_", 1), b"\xff\xfe"):
            with pytest.raises(Unverified):
                STRIPE.verify(access(stripe_server), replace(call, body=body))

    def test_needs_its_secret(self, stripe_server: StripeServer, event: Tree) -> None:
        with pytest.raises(NotSetUp):
            STRIPE.verify(Access("till"), incoming(stripe_server, event))

    @pytest.mark.parametrize("body", [[], {"object": "event", "id": "evt_1"}, {"object": "v2.core.event"}])
    def test_that_is_signed_and_no_event_is_unreadable(self, stripe_server: StripeServer, body: Tree) -> None:
        with pytest.raises(Unreadable):
            STRIPE.verify(access(stripe_server), incoming(stripe_server, body))
