"""The pages of who of an account may see it."""

from __future__ import annotations

from billing.models import Contact
from billing.services import access_links, contacts
from billing.services.contacts import ContactWish
from billing.tests.books import Books
from billing.tests.desks.page import Page
from usage.tests.made import AUTHOR


def of_buyers(books: Books) -> list[Page]:
    wish = ContactWish("ada@example.com", "Ada", "owner")
    contact: Contact = contacts.invite(customer_id=books.account, wish=wish, author=AUTHOR)
    link = access_links.make(customer_id=books.account, days=30, author=AUTHOR).link
    account = f"/admin/wallets/account/{books.account}/buyers"
    return [
        Page(f"{account}/", "SMFUA"),
        Page(f"{account}/invite/", "SMU", "SMU"),
        Page(f"{account}/{contact.pk}/change/", "SMU", "SMU"),
        Page(f"{account}/{contact.pk}/erase/", "F", "F"),
        Page(f"{account}/link/", "SMU", "SMU"),
        Page(f"{account}/links/{link.pk}/revoke/", "SMU", "SMU"),
        Page(f"{account}/rule/", "MF", "MF"),
    ]
