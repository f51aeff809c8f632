"""People of an account in their browsers, and their mails."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import Client

from billing.models import Contact, Offer
from billing.queries import buyer_packs
from billing.rules.deliveries import Answer, Mail
from billing.services import buyer_orders, contacts, signing_in
from billing.services.contacts import ContactWish
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from usage.tests.made import AUTHOR, named
from wallets.models import Account

HOME = "https://tokens.example.com/my/"


@dataclass
class Post:
    """A mail server that keeps what it is given. fails: what it answers instead."""

    mails: list[Mail] = field(default_factory=list)
    fails: str = ""

    def __call__(self, mail: Mail) -> Answer:
        if self.fails:
            return Answer(error=self.fails)
        self.mails.append(mail)
        return Answer()

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]


def a_contact(account: Account, role: str = "owner", address: str = "") -> Contact:
    wish = ContactWish(address or f"{named('ada')}@example.com", "Ada", role)
    return contacts.invite(customer_id=account.pk, wish=wish, author=AUTHOR)


def way_in(contact: Contact) -> str:
    """The path that a mail leads the contact to, once."""
    post = Post()
    signing_in.ask(address=contact.address, client=named("client"))
    signing_in.send_due(post, HOME)
    text = "\n".join(mail.text for mail in post.to(contact.address))
    ways = re.findall(rf"{re.escape(HOME)}(enter/\S+/)", text)
    return f"/my/{ways[-1]}"


def signed_in(account: Account, role: str = "owner") -> Client:
    """A browser in which somebody of this role has signed in."""
    client = Client()
    client.post(way_in(a_contact(account, role)))
    return client


def page(account: Account, name: str = "") -> str:
    return f"/my/{account.pk}/{name}"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def order_of(account: Account, pack: Offer, quantity: int = 1, **given: Any) -> Any:
    found = buyer_packs.pack(pack.code)
    seen = buyer_packs.seen_as(found) if found else ""
    asked = {
        "price": Decimal(50),
        "seen": seen,
        "form_token": uuid4().hex,
        "author": Author("contact 7"),
    } | given
    return buyer_orders.order(account_id=account.pk, sku=pack.code, quantity=quantity, **asked)


def close(account: Account) -> None:
    terms.enrol(reference=account.reference, asked=Enrolment(state="closed"), author=AUTHOR)
