"""The desks of news: endpoints, their secrets, deliveries and attempts, recipients, and what was told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from billing.models import Delivery, Endpoint, Recipient
from billing.services import endpoints, news, outbox, writing
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.news.made import SOMEWHERE, a_delivery, a_recipient, an_endpoint, attempt_at
from billing.tests.news.receiver import Receiver, Said
from usage.tests.made import a_grant, an_account, clock, named

pytestmark = pytest.mark.django_db

WISH = {
    "name": "Billing",
    "url": SOMEWHERE,
    "types": ["grant.created", "limit.reached"],
    "reason": "They asked",
}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def page(endpoint: Endpoint, what: str = "change") -> str:
    return f"/admin/billing/endpoint/{endpoint.pk}/{what}/"


class TestAddingAnEndpoint:
    def test_shows_the_secret_once(self, support: Client) -> None:
        response = support.post("/admin/billing/endpoint/add/", WISH)

        endpoint = Endpoint.objects.get(name="Billing")
        (secret,) = set(SECRET.findall(text_of(response)))
        assert secret in writing.secrets_of(endpoint.pk, clock())
        assert "no-store" in response.headers["Cache-Control"]
        for address in (page(endpoint), page(endpoint, "history"), "/admin/billing/endpoint/"):
            assert "whsec_" not in text_of(support.get(address))
        made = endpoint.history.get()
        assert (made.history_user.username, made.history_change_reason) == ("support", "They asked")

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("url", "https://127.0.0.1/hooks", "no public address (loopback)"),
            ("url", "https://localhost/hooks", "no public address (loopback)"),
            ("url", "https://user:secret@example.com/", "no user and no password"),
            ("url", "ftp://example.com/", "begins with https"),
            ("types", ["weather.changed"], "not one of the available choices"),
            ("types", [], "This field is required"),
        ],
    )
    def test_refuses_what_could_not_be_told(self, support: Client, field: str, value: Any, said: str) -> None:
        response = support.post("/admin/billing/endpoint/add/", WISH | {field: value})

        assert said in text_of(response)
        assert not Endpoint.objects.filter(name="Billing").exists()


class TestAnEndpoint:
    def test_is_edited_from_now_on(self, support: Client) -> None:
        endpoint = an_endpoint()
        support.post(page(endpoint, "edit"), WISH | {"name": "Billing 2", "types": ["grant.expired"]})

        endpoint.refresh_from_db()
        assert (endpoint.name, endpoint.types) == ("Billing 2", ["grant.expired"])
        assert endpoint.history.latest().history_change_reason == "They asked"

    def test_is_switched_off_and_on_for_a_reason(self, support: Client) -> None:
        endpoint = an_endpoint()
        a_delivery(endpoint)
        without = support.post(page(endpoint, "off"), {"reason": ""})
        assert "This field is required" in text_of(without)

        off = support.post(page(endpoint, "off"), {"reason": "It is being moved"}, follow=True)
        assert "1 that waited was given up" in text_of(off)
        assert "support switched it off. It is being moved" in text_of(off)
        support.post(page(endpoint, "on"), {"reason": "It has moved"})
        endpoint.refresh_from_db()

        assert endpoint.is_on
        assert "It has moved" in text_of(support.get(page(endpoint, "history")))

    def test_gets_a_new_secret_beside_the_old_one(self, support: Client) -> None:
        endpoint = an_endpoint()
        before = writing.secrets_of(endpoint.pk, clock())
        response = support.post(page(endpoint, "secret"), {"reason": "It was in a log"})

        (secret,) = set(SECRET.findall(text_of(response)))
        assert writing.secrets_of(endpoint.pk, clock()) == [secret, *before]
        assert endpoint.history.latest().history_change_reason == "New secret. It was in a log"
        assert "former one" in text_of(support.get(page(endpoint)))

    def test_is_sent_a_test(self, support: Client, receiver: Receiver) -> None:
        endpoint = an_endpoint(receiver.url())
        support.post(page(endpoint, "test"))
        attempt_at(Delivery.objects.get(endpoint=endpoint))

        assert b'"type":"endpoint.test"' in receiver.heard[0].body
        assert "endpoint.test" in text_of(support.get(page(endpoint)))

    def test_says_that_it_switched_itself_off(self, support: Client, receiver: Receiver) -> None:
        receiver.will_say(Said(410))
        endpoint = an_endpoint(receiver.url())
        attempt_at(a_delivery(endpoint))

        shown = text_of(support.get(page(endpoint)))
        assert "the product switched it off. It answered 410 Gone: it wants no more news." in shown

    def test_tells_how_it_fares(self, support: Client, receiver: Receiver) -> None:
        receiver.will_say(Said(500), Said(200))
        endpoint = an_endpoint(receiver.url())
        attempt_at(a_delivery(endpoint))
        attempt_at(a_delivery(endpoint))

        for address in (page(endpoint), "/admin/billing/endpoint/"):
            shown = text_of(support.get(address))
            assert "50.0 %" in shown
            assert "just now" in shown

    def test_warns_of_an_address_that_is_not_encrypted(self, support: Client) -> None:
        plain, encrypted = an_endpoint(SOMEWHERE.replace("https", "http")), an_endpoint()

        assert "begins with http://" in text_of(support.get(page(plain)))
        assert "begins with http://" not in text_of(support.get(page(encrypted)))

    def test_pages_through_its_deliveries(self, support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("billing.queries.receivers.DELIVERIES_SHOWN", 2)
        monkeypatch.setattr("billing.admin.endpoints.DELIVERIES_SHOWN", 2)
        endpoint = an_endpoint()
        rows = [a_delivery(endpoint) for _ in range(3)]

        first = text_of(support.get(page(endpoint)))
        older = re.search(r"\?state=&amp;below=([0-9a-f-]+)", first)
        assert older
        second = text_of(support.get(page(endpoint), {"below": older[1]}))

        shown = [[str(row.pk) in text.partition("<table")[2] for row in rows] for text in (first, second)]
        assert shown == [[False, True, True], [True, False, False]]
        assert support.get(page(endpoint), {"below": "x"}).status_code == 404


class TestADelivery:
    def test_shows_what_was_sent_and_every_attempt_with_its_answer(
        self, support: Client, receiver: Receiver
    ) -> None:
        receiver.will_say(Said(500, b"<b>our database is down</b>"))
        sent = attempt_at(a_delivery(an_endpoint(receiver.url()), tokens="7.000000"))

        shown = text_of(support.get(f"/admin/billing/delivery/{sent.pk}/change/"))

        assert "It answered 500." in shown
        assert "&lt;b&gt;our database is down&lt;/b&gt;" in shown
        assert "&quot;tokens&quot;:&quot;7.000000&quot;" in shown
        assert sent.news.message_id in shown

    def test_shows_a_mail_as_it_is_read(self, support: Client) -> None:
        acme = an_account()
        recipient = a_recipient(acme)
        a_grant(acme, "5")
        news.tell()
        (mailed,) = recipient.deliveries.all()

        shown = text_of(support.get(f"/admin/billing/delivery/{mailed.pk}/change/"))

        assert f"{acme.reference}: 5 AIT granted" in shown
        assert recipient.address in shown

    def test_is_sent_again(self, support: Client, receiver: Receiver) -> None:
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))
        support.post(f"/admin/billing/delivery/{sent.pk}/again/")

        sent.refresh_from_db()
        assert (sent.state, sent.attempts) == ("waiting", 1)

    def test_to_somebody_who_is_off_is_not(self, support: Client) -> None:
        endpoint = an_endpoint()
        sent = a_delivery(endpoint)
        endpoints.switch_off(endpoint_id=endpoint.pk)
        response = support.post(f"/admin/billing/delivery/{sent.pk}/again/", follow=True)

        assert "Whoever it is for is switched off." in text_of(response)
        sent.refresh_from_db()
        assert sent.state == "dead"

    def test_is_sent_again_with_all_that_was_given_up(self, support: Client) -> None:
        endpoint, other = an_endpoint(), an_endpoint()
        rows = [a_delivery(endpoint), a_delivery(endpoint), a_delivery(other)]
        for each in (endpoint, other):
            endpoints.switch_off(endpoint_id=each.pk)
            endpoints.switch_on(endpoint_id=each.pk)
        response = support.post(page(endpoint, "again"), follow=True)

        assert "2 deliveries are on the way again." in text_of(response)
        assert [Delivery.objects.get(pk=row.pk).state for row in rows] == ["waiting", "waiting", "dead"]

    def test_is_not_sent_again_by_who_may_only_look(self, receiver: Receiver) -> None:
        sent = attempt_at(a_delivery(an_endpoint(receiver.url())))
        auditor = at_the_desk_of("Auditor")

        assert auditor.post(f"/admin/billing/delivery/{sent.pk}/again/").status_code == 403
        assert auditor.post(page(sent.endpoint, "again")).status_code == 403
        assert auditor.post(page(sent.endpoint, "test")).status_code == 403
        assert outbox.claim(sent.endpoint_id) is None


class TestRecipients:
    def test_are_added_for_one_account_or_for_everything(self, support: Client) -> None:
        acme, address = an_account(), f"{named('ada')}@example.com"
        wish = {"address": address, "types": ["grant.expiring"], "is_on": "on", "reason": "She asked"}
        support.post("/admin/billing/recipient/add/", wish | {"account": acme.reference})
        support.post("/admin/billing/recipient/add/", wish | {"account": ""})

        rows = Recipient.objects.filter(address=address).order_by("pk")
        assert [(row.about, row.is_on, row.types) for row in rows] == [
            (acme, True, ["grant.expiring"]),
            (None, True, ["grant.expiring"]),
        ]
        assert rows[0].history.get().history_change_reason == "She asked"

    def test_are_not_added_twice_or_for_nobody(self, support: Client) -> None:
        recipient = a_recipient(types=["grant.expiring"])
        wish = {"address": recipient.address, "types": ["grant.expiring"], "is_on": "on"}
        twice = support.post("/admin/billing/recipient/add/", wish)
        unknown = support.post("/admin/billing/recipient/add/", wish | {"account": "nobody"})

        assert "This address is a recipient already." in text_of(twice)
        assert "No account has this reference." in text_of(unknown)
        assert Recipient.objects.filter(address=recipient.address).count() == 1

    def test_are_changed_and_switched_off(self, support: Client) -> None:
        acme = an_account()
        recipient = a_recipient(acme)
        a_grant(acme)
        news.tell()
        wish = {"address": "eve@example.com", "account": acme.reference, "types": ["grant.expired"]}
        support.post(f"/admin/billing/recipient/{recipient.pk}/change/", wish | {"reason": "She left"})

        recipient.refresh_from_db()
        assert (recipient.address, recipient.types, recipient.is_on) == (
            "eve@example.com",
            ["grant.expired"],
            False,
        )
        assert recipient.deliveries.get().reason == "The recipient was switched off. She left"

    def test_say_that_mails_reach_nobody_where_there_is_no_mail_server(
        self, support: Client, settings: Any
    ) -> None:
        addresses = ("/admin/billing/recipient/", "/admin/billing/recipient/add/")
        without = [text_of(support.get(address)) for address in addresses]
        settings.EMAIL_IS_SENT = True
        with_one = [text_of(support.get(address)) for address in addresses]

        assert [settings.EMAIL_FILE_PATH in text for text in without] == [True, True]
        assert [settings.EMAIL_FILE_PATH in text for text in with_one] == [False, False]


class TestNews:
    def test_tell_how_many_they_reached(self, support: Client, receiver: Receiver) -> None:
        acme, endpoint = an_account(), an_endpoint(receiver.url(), ["grant.created"])
        a_recipient(acme, ["grant.created"])
        a_grant(acme)
        news.tell()
        attempt_at(Delivery.objects.get(endpoint=endpoint, news__about=acme))

        shown = text_of(support.get("/admin/billing/news/", {"q": acme.reference}))

        assert "1 of 2" in shown


class TestHome:
    def test_says_what_did_not_arrive(self, support: Client) -> None:
        an_account()
        endpoint = an_endpoint()
        a_delivery(endpoint)
        assert "News did not reach" not in text_of(support.get("/admin/"))
        endpoints.switch_off(endpoint_id=endpoint.pk)

        shown = text_of(support.get("/admin/"))

        assert "News did not reach those who asked for them." in shown
        assert f"1 given up in two days, for {endpoint.name}" in shown
