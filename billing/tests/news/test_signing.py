"""What is signed, by the specification's own library, and secrets at rest."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError

from billing.models import Delivery, EndpointSecret
from billing.services import endpoints
from billing.tests.news.made import (
    a_delivery,
    an_issued_endpoint,
    attempt_at,
    deliveries_to,
    told_about,
)
from billing.tests.news.receiver import Receiver
from usage.tests.made import a_grant, an_account, clock

pytestmark = pytest.mark.django_db


def errors_of(delivery: Delivery) -> list[str]:
    return list(delivery.tries.order_by("number").values_list("error", flat=True))


class TestSigning:
    def test_is_verified_by_the_librarys_own_means(self, from_now_on: None, receiver: Receiver) -> None:
        issued, acme = an_issued_endpoint(receiver.url()), an_account()
        a_grant(acme, "7")
        (told,) = told_about(acme)
        attempt_at(deliveries_to(issued.endpoint)[0])

        (heard,) = receiver.heard
        payload = Webhook(issued.secret).verify(heard.body, heard.headers)

        assert payload == {
            "type": "grant.created",
            "timestamp": told.occurred_at.isoformat().replace("+00:00", "Z"),
            "data": told.data,
        }
        assert heard.headers["webhook-id"] == f"msg_{told.pk.hex}"
        assert heard.headers["content-type"] == "application/json"
        assert issued.secret.startswith("whsec_")

    @pytest.mark.parametrize(
        "forged", ["body", "webhook-id", "webhook-timestamp", "webhook-signature", "secret"]
    )
    def test_shows_a_forgery(self, receiver: Receiver, forged: str) -> None:
        issued, other = an_issued_endpoint(receiver.url()), an_issued_endpoint(receiver.url())
        attempt_at(a_delivery(issued.endpoint, tokens="1"))
        (heard,) = receiver.heard
        headers, body, secret = dict(heard.headers), heard.body, issued.secret
        if forged == "body":
            body = body.replace(b'"1"', b'"2"')
        elif forged == "secret":
            secret = other.secret
        else:
            changed = {"webhook-id": "msg_2", "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}
            headers[forged] = changed.get(forged, "v1,AAAA")

        Webhook(issued.secret).verify(heard.body, heard.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)

    def test_is_by_the_old_secret_too_until_that_ends(self, receiver: Receiver) -> None:
        old = an_issued_endpoint(receiver.url())
        new = endpoints.rotate_secret(endpoint_id=old.endpoint.pk, reason="It was in a log")
        attempt_at(a_delivery(old.endpoint))
        EndpointSecret.objects.filter(ends_at__isnull=False).update(ends_at=clock())
        attempt_at(a_delivery(old.endpoint))
        both, alone = receiver.heard

        for secret in (old.secret, new.secret):
            Webhook(secret).verify(both.body, both.headers)
        Webhook(new.secret).verify(alone.body, alone.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(old.secret).verify(alone.body, alone.headers)
        assert both.headers["webhook-signature"].count("v1,") == 2


class TestSecrets:
    def test_are_sealed_wherever_they_are_kept(self, receiver: Receiver) -> None:
        issued = an_issued_endpoint(receiver.url())
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT json_agg(s) FROM billing_endpointsecret s)::text")
            kept = cursor.fetchone()[0]
            cursor.execute("SELECT (SELECT json_agg(h) FROM billing_historicalendpoint h)::text")
            history = cursor.fetchone()[0]

        bare = issued.secret.removeprefix("whsec_")
        assert issued.endpoint.url in history
        assert not [text for text in (kept, history) if bare in text or bare.encode().hex() in text]

    def test_survive_a_new_secret_key_that_names_the_former_one(
        self, receiver: Receiver, settings: Any
    ) -> None:
        issued = an_issued_endpoint(receiver.url())
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new key"
        attempt_at(a_delivery(issued.endpoint))

        assert endpoints.seal_anew() == 1
        assert endpoints.seal_anew() == 0
        settings.SECRET_KEY_FALLBACKS = []
        attempt_at(a_delivery(issued.endpoint))

        for heard in receiver.heard:
            Webhook(issued.secret).verify(heard.body, heard.headers)

    def test_that_no_key_opens_send_nothing_and_say_so(self, receiver: Receiver, settings: Any) -> None:
        issued = an_issued_endpoint(receiver.url())
        settings.SECRET_KEY = "a new key"
        sent = attempt_at(a_delivery(issued.endpoint))

        assert sent.state == "waiting"
        assert "SECRET_KEY_FALLBACKS" in errors_of(sent)[0]
        assert receiver.heard == []
        assert endpoints.seal_anew() == 0
