"""How somebody of an account gets in, and who does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.models import BuyerSession, SignInAsked, SignInToken
from billing.portal.frame import COOKIE
from billing.services import access_links, contacts, signing_in
from billing.services.contacts import ContactWish
from billing.tests.buyers.visiting import HOME, Post, a_contact, close, page, signed_in, text_of, way_in
from usage.tests.made import AUTHOR, clock, named
from wallets.models import Account

pytestmark = pytest.mark.django_db


def without_token(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if "csrfmiddlewaretoken" not in line)


class TestAsking:
    def test_answers_the_same_whether_the_address_is_known_or_not(self, acme: Account) -> None:
        contact = a_contact(acme)
        known = Client().post("/my/", {"address": contact.address})
        unknown = Client().post("/my/", {"address": "nobody@example.com"})

        assert known.status_code == unknown.status_code == 200
        assert without_token(text_of(known)) == without_token(text_of(unknown))
        assert list(SignInAsked.objects.filter(invites=None).values_list("address", flat=True)) == [
            contact.address,
            "nobody@example.com",
        ]

    def test_says_what_to_do_where_the_browser_keeps_no_cookies(self) -> None:
        refused = Client(enforce_csrf_checks=True).post("/my/", {"address": "ada@example.com"})

        assert refused.status_code == 403
        assert "Allow cookies, open the page anew and send it again." in refused.content.decode()
        assert not SignInAsked.objects.exists()

    def test_mails_a_way_in_to_those_who_are_known(self, acme: Account, other: Account) -> None:
        contact, post = a_contact(acme), Post()
        a_contact(other, address=contact.address)
        signing_in.send_due(Post(), HOME)
        signing_in.ask(address=contact.address.upper(), client="here")
        signing_in.ask(address="nobody@example.com", client="here")

        assert signing_in.send_due(post, HOME) == 1
        (mail,) = post.mails
        assert mail.to == contact.address
        assert mail.text.count(f"{HOME}enter/") == 2
        assert "Acme" in mail.text
        assert "Other" in mail.text
        assert SignInToken.objects.count() == 2
        assert signing_in.send_due(post, HOME) == 0

    def test_does_nothing_after_five_times_in_a_quarter_of_an_hour(self, acme: Account) -> None:
        contact, post, now = a_contact(acme), Post(), clock()
        signing_in.send_due(Post(), HOME)
        for _ in range(7):
            signing_in.ask(address=contact.address, client=named("client"), now=now)

        assert signing_in.send_due(post, HOME, now) == 5
        signing_in.ask(address=contact.address, client="c", now=now + timedelta(minutes=16))
        assert signing_in.send_due(post, HOME, now + timedelta(minutes=16)) == 1

    def test_mails_an_address_ten_times_an_hour_and_twenty_a_day_at_most(self, acme: Account) -> None:
        contact, now = a_contact(acme), clock()
        before = SignInAsked.objects.count()

        for minutes in range(0, 24 * 60, 4):
            moment = now + timedelta(minutes=minutes)
            signing_in.ask(address=contact.address, client=named("client"), now=moment)
        hour = SignInAsked.objects.filter(asked_at__lt=now + timedelta(hours=1))
        in_an_hour = hour.filter(invites=None).count()

        assert (in_an_hour, SignInAsked.objects.count() - before) == (10, 20)
        signing_in.ask(address=contact.address, client="here", now=now + timedelta(hours=24, minutes=1))
        assert SignInAsked.objects.count() - before == 21

    def test_answers_alike_what_it_does_not_mail(self, acme: Account) -> None:
        contact = a_contact(acme)
        answers = [
            Client(REMOTE_ADDR=f"192.0.2.{place}").post("/my/", {"address": contact.address})
            for place in range(7)
        ]

        assert len({(each.status_code, without_token(text_of(each))) for each in answers}) == 1
        assert SignInAsked.objects.filter(invites=None).count() == 5

    def test_does_nothing_for_one_who_tries_many_addresses(self) -> None:
        for place in range(25):
            signing_in.ask(address=f"a{place}@example.com", client="one place")

        assert SignInAsked.objects.count() == 20

    def test_takes_addresses_of_one_network_of_version_6_for_one_place(self) -> None:
        for place in range(25):
            one, other = f"2001:db8:1:2::{place:x}", f"2001:db8:1:{place + 3:x}::1"
            Client(REMOTE_ADDR=one).post("/my/", {"address": f"a{place}@example.com"})
            Client(REMOTE_ADDR=other).post("/my/", {"address": f"b{place}@example.com"})

        assert SignInAsked.objects.filter(address__startswith="a").count() == 20
        assert SignInAsked.objects.filter(address__startswith="b").count() == 25

    @pytest.mark.parametrize(
        "address", ["ada@g\u0131thub.com", "ada@github.com\u017f", "\u0131da@github.com"]
    )
    def test_mails_no_way_in_to_an_address_that_only_looks_alike(self, acme: Account, address: str) -> None:
        for known in ("ada@github.com", "ada@github.coms", "ida@github.com"):
            a_contact(acme, address=known)
        signing_in.send_due(Post(), HOME)
        post = Post()

        Client().post("/my/", {"address": address})

        assert SignInAsked.objects.filter(invites=None, address=address).exists()
        assert signing_in.send_due(post, HOME) == 0
        assert post.mails == []

    def test_tries_again_what_the_mail_server_refused(self, acme: Account) -> None:
        contact, now = a_contact(acme), clock()
        signing_in.send_due(Post(), HOME)
        signing_in.ask(address=contact.address, client="here", now=now)

        assert signing_in.send_due(Post(fails="down"), HOME, now) == 0
        assert signing_in.send_due(Post(), HOME, now) == 0
        assert signing_in.send_due(Post(), HOME, now + timedelta(minutes=3)) == 1

    def test_forgets_what_is_older_than_a_day(self) -> None:
        signing_in.ask(address="nobody@example.com", client="here", now=clock() - timedelta(hours=25))

        signing_in.send_due(Post(), HOME)

        assert not SignInAsked.objects.exists()


class TestEntering:
    def test_uses_the_link_up_by_the_button_and_not_by_a_look(self, acme: Account) -> None:
        way, client = way_in(a_contact(acme)), Client()

        assert [client.get(way).status_code for _ in range(2)] == [200, 200]
        entered = client.post(way)
        again = Client().post(way)

        assert (entered.status_code, entered["Location"]) == (302, page(acme))
        assert client.get(page(acme)).status_code == 200
        assert again.status_code == 404
        assert COOKIE not in again.cookies

    def test_sets_a_cookie_that_is_for_the_accounts_pages_alone(self, acme: Account, settings: Any) -> None:
        settings.PUBLIC_URL = "https://tokens.example.com"
        client = Client()
        client.post(way_in(a_contact(acme)))

        cookie = client.cookies[COOKIE]
        assert (cookie["path"], cookie["httponly"], cookie["secure"], cookie["samesite"]) == (
            page(acme),
            True,
            True,
            "Lax",
        )
        assert not User.objects.exists()

    def test_keeps_no_secret_that_it_could_lose(self, acme: Account) -> None:
        way = way_in(a_contact(acme))
        secret = way.split("/")[-2]
        client = Client()
        client.post(way)

        carried = client.cookies[COOKIE].value.split(":")[0]
        for digest in (SignInToken.objects.get().digest, BuyerSession.objects.get().digest):
            assert len(digest) == 32
            assert secret.encode() not in bytes(digest)
            assert carried.encode() not in bytes(digest)

    def test_lets_nobody_in_after_a_quarter_of_an_hour(self, acme: Account) -> None:
        secret = way_in(a_contact(acme)).split("/")[-2]

        assert signing_in.enter(secret=secret, now=clock() + timedelta(minutes=16)) is None
        assert signing_in.enter(secret=secret, now=clock() + timedelta(minutes=14)) is not None

    def test_lets_nobody_in_who_was_switched_off_meanwhile(self, acme: Account) -> None:
        contact = a_contact(acme)
        way = way_in(contact)
        off = ContactWish(contact.address, role="owner", is_on=False)
        contacts.change(customer_id=acme.pk, contact_id=contact.pk, wish=off, author=AUTHOR)

        assert Client().post(way).status_code == 404

    def test_lets_nobody_in_to_an_account_that_is_closed(self, acme: Account) -> None:
        way = way_in(a_contact(acme))
        made = access_links.make(customer_id=acme.pk, days=3, author=AUTHOR)
        close(acme)

        assert [Client().get(path).status_code for path in (way, f"/my/link/{made.secret}/")] == [404, 404]
        assert Client().post(way).status_code == 404
        assert Client().post(f"/my/link/{made.secret}/").status_code == 404

    def test_believes_no_cookie_that_it_did_not_sign(self, acme: Account) -> None:
        client = signed_in(acme)
        client.cookies[COOKIE] = client.cookies[COOKIE].value.split(":")[0] + ":" + "x" * 43

        assert client.get(page(acme))["Location"] == "/my/"


class TestPolicy:
    def test_is_strict_on_every_answer(self, acme: Account) -> None:
        client = signed_in(acme)
        for path in ("/my/", "/my/enter/x/", "/my/link/x/", page(acme), page(acme, "budgets/")):
            answer = client.get(path)

            assert answer["Content-Security-Policy"].split("; ") == [
                "default-src 'none'",
                "style-src 'self'",
                "img-src 'self'",
                "font-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            ]
            assert answer["Cache-Control"] == "no-store"
