"""Addresses given, and links followed, at the same instant."""

from __future__ import annotations

from functools import partial
from threading import Thread
from typing import Any

import pytest

from billing.models import BuyerSession, Contact, SignInAsked
from billing.rules.buyer_roles import signature
from billing.rules.secrets import digest_of
from billing.services import contacts, signing_in
from billing.services.contacts import ContactWish
from billing.tests.buyers.visiting import a_contact, way_in
from config.kernel.errors import Conflict
from usage.services.authors import Author
from usage.tests.made import AUTHOR, Shop, named, together

pytestmark = pytest.mark.committed


@pytest.fixture
def contact() -> Contact:
    return a_contact(Shop().an_account(name="Acme"))


class TestRaces:
    def test_mail_no_more_than_five_times_to_an_address(self, contact: Contact) -> None:
        together([lambda: signing_in.ask(address=contact.address, client=named("client"))] * 16)

        assert SignInAsked.objects.filter(address=contact.address, invites=None).count() == 5

    def test_let_one_client_ask_no_more_than_twenty_times(self) -> None:
        client = named("client")

        together([lambda: signing_in.ask(address=f"{named('a')}@example.com", client=client)] * 26)

        assert SignInAsked.objects.filter(client=digest_of(client)).count() == 20

    def test_leave_one_owner_of_those_who_switch_each_other_off(self) -> None:
        account = Shop().an_account(name="Acme")
        owners = [a_contact(account) for _ in range(6)]

        def switch_off(place: int) -> bool:
            wanted, by = owners[place], owners[place - 1]
            wish = ContactWish(wanted.address, role="owner", is_on=False)
            try:
                contacts.change(
                    customer_id=account.pk, contact_id=wanted.pk, wish=wish, author=Author(signature(by.pk))
                )
            except Conflict:
                return False
            return True

        answers = together([partial(switch_off, place) for place in range(6)])

        assert sorted(answers) == [False] + [True] * 5
        assert Contact.objects.on().filter(customer=account, role="owner").count() == 1

    def test_open_one_session_by_one_link(self, contact: Contact) -> None:
        secret = way_in(contact).split("/")[-2]

        opened = together([lambda: signing_in.enter(secret=secret)] * 20)

        assert sum(each is not None for each in opened) == 1
        assert BuyerSession.objects.filter(contact=contact).count() == 1

    def test_keep_when_a_person_signed_in_who_is_changed_meanwhile(
        self, contact: Contact, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        secret = way_in(contact).split("/")[-2]
        save, wish = contacts._save, ContactWish(contact.address, role="viewer")
        signing = Thread(target=lambda: together([lambda: signing_in.enter(secret=secret)]))

        def slowly(*what: Any) -> None:
            signing.start()
            signing.join(0.5)
            save(*what)

        monkeypatch.setattr(contacts, "_save", slowly)
        contacts.change(customer_id=contact.customer_id, contact_id=contact.pk, wish=wish, author=AUTHOR)
        signing.join()

        contact.refresh_from_db()
        assert BuyerSession.objects.filter(contact=contact).exists()
        assert (contact.role, contact.seen_at is not None) == ("viewer", True)
