"""Addresses given, and links followed, at the same instant."""

from __future__ import annotations

import pytest

from billing.models import BuyerSession, Contact, SignInAsked
from billing.rules.secrets import digest_of
from billing.services import signing_in
from billing.tests.buyers.visiting import a_contact, way_in
from usage.tests.made import Shop, named, together

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

    def test_open_one_session_by_one_link(self, contact: Contact) -> None:
        secret = way_in(contact).split("/")[-2]

        opened = together([lambda: signing_in.enter(secret=secret)] * 20)

        assert sum(each is not None for each in opened) == 1
        assert BuyerSession.objects.filter(contact=contact).count() == 1
