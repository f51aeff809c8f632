"""Sessions of an account's people and of links: what they let be done, and how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.models import BuyerSession, Contact, SignInAsked
from billing.portal.frame import COOKIE
from billing.services import access_links, contacts, signing_in
from billing.services.contacts import ContactWish
from billing.tests.buyers.visiting import HOME, Post, close, page, signed_in, text_of
from usage.tests.made import AUTHOR, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db


class TestSessions:
    def test_end_with_signing_out(self, acme: Account) -> None:
        client = signed_in(acme)
        kept = client.cookies[COOKIE].value

        assert client.post(page(acme, "leave/"))["Location"] == "/my/"
        client.cookies[COOKIE] = kept
        assert client.get(page(acme))["Location"] == "/my/"

    def test_end_after_two_weeks(self, acme: Account) -> None:
        client = signed_in(acme)
        BuyerSession.objects.update(expires_at=clock())

        assert client.get(page(acme))["Location"] == "/my/"

    def test_end_where_a_person_may_do_less(self, acme: Account) -> None:
        client = signed_in(acme, "buyer")
        contact = Contact.objects.get(role="buyer")
        less = ContactWish(contact.address, role="viewer")
        contacts.change(customer_id=acme.pk, contact_id=contact.pk, wish=less, author=AUTHOR)

        assert client.get(page(acme))["Location"] == "/my/"

    def test_end_at_once_where_a_person_is_switched_off(self, acme: Account) -> None:
        client = signed_in(acme, "viewer")
        contact = Contact.objects.get(role="viewer")
        for is_on in (False, True):
            wish = ContactWish(contact.address, role="viewer", is_on=is_on)
            contacts.change(customer_id=acme.pk, contact_id=contact.pk, wish=wish, author=AUTHOR)

            assert client.get(page(acme))["Location"] == "/my/"

    def test_end_at_once_where_the_account_is_closed(self, acme: Account) -> None:
        client, looking = signed_in(acme), Client()
        made = access_links.make(customer_id=acme.pk, days=3, author=AUTHOR)
        looking.post(f"/my/link/{made.secret}/")
        assert [each.get(page(acme)).status_code for each in (client, looking)] == [200, 200]

        close(acme)

        assert [each.get(page(acme))["Location"] for each in (client, looking)] == ["/my/", "/my/"]
        assert client.post(page(acme, "people/"), {"address": "x@example.com"})["Location"] == "/my/"
        assert not Contact.objects.filter(address="x@example.com").exists()

    def test_stay_ended_where_a_closed_account_is_opened_again(self, acme: Account) -> None:
        client = signed_in(acme)
        close(acme)
        signing_in.send_due(Post(), HOME)

        Account.objects.filter(pk=acme.pk).update(state=Account.State.ACTIVE)

        assert client.get(page(acme))["Location"] == "/my/"

    def test_leave_the_admin_closed(self, acme: Account) -> None:
        assert signed_in(acme).get("/admin/").status_code == 302

    def test_are_no_users_session(self, acme: Account) -> None:
        client = Client()
        client.force_login(User.objects.create_superuser("root"))

        assert client.get(page(acme))["Location"] == "/my/"

    def test_take_no_form_that_another_site_sent(self, acme: Account) -> None:
        inside, client = signed_in(acme), Client(enforce_csrf_checks=True)
        client.cookies[COOKIE] = inside.cookies[COOKIE].value

        assert client.post(page(acme, "leave/")).status_code == 403
        assert client.get(page(acme)).status_code == 200


class TestLinks:
    def test_show_the_account_and_let_nothing_be_changed(self, acme: Account) -> None:
        made, client = access_links.make(customer_id=acme.pk, days=3, author=AUTHOR), Client()
        client.post(f"/my/link/{made.secret}/")

        assert client.get(page(acme, "usage/")).status_code == 200
        for name in ("budgets/set/", "alerts/", "people/", "packs/x/"):
            refused = client.get(page(acme, name))
            assert refused.status_code == 403
            assert f'<a href="{page(acme)}">To the overview</a>' in text_of(refused)
            assert client.post(page(acme, name), {}).status_code == 403

    def test_open_nothing_once_revoked(self, acme: Account) -> None:
        made, client = access_links.make(customer_id=acme.pk, days=3, author=AUTHOR), Client()
        client.post(f"/my/link/{made.secret}/")

        access_links.revoke(customer_id=acme.pk, link_id=made.link.pk, author=AUTHOR)

        assert client.get(page(acme))["Location"] == "/my/"
        assert Client().get(f"/my/link/{made.secret}/").status_code == 404

    def test_open_nothing_once_over(self, acme: Account) -> None:
        long_ago = clock() - timedelta(days=4)
        made = access_links.make(customer_id=acme.pk, days=3, author=AUTHOR, now=long_ago)

        assert Client().post(f"/my/link/{made.secret}/").status_code == 404
        assert (made.link.made_by, made.link.made_for) == (AUTHOR.name, AUTHOR.reason)


class TestErasing:
    def test_forgets_a_person_and_keeps_that_it_was_done(self, acme: Account) -> None:
        client = signed_in(acme)
        contact = Contact.objects.get()

        contacts.erase(customer_id=acme.pk, contact_id=contact.pk, author=AUTHOR)

        (last,) = Contact.history.all()
        assert (last.address, last.name, last.history_type) == ("erased@invalid", "erased", "-")
        assert not SignInAsked.objects.filter(address=contact.address).exists()
        assert client.get(page(acme))["Location"] == "/my/"
