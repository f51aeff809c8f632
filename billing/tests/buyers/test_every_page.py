"""Every page of the buyer's view: whose it is, and that it needs neither script nor style of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from billing.models import Alert, Contact
from billing.portal import urls
from billing.services import alerting, contacts
from billing.tests.buyers.visiting import a_contact, page, signed_in, text_of
from billing.tests.orders.sold import an_offer, bought
from usage.models import Budget
from usage.services import limiting
from usage.services.authors import Author
from usage.services.limiting import BudgetOrder
from usage.tests.made import AUTHOR, clock
from wallets.models import Account

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


@pytest.fixture
def furnished(acme: Account) -> Account:
    """Something for every address to name."""
    contacts.allow(customer_id=acme.pk, budget_most=None, packs_most=5, author=AUTHOR)
    order = BudgetOrder(code="team", period="month", tokens=Decimal(500), is_hard=True)
    limiting.open_budget(account_id=acme.pk, order=order, author=Author("contact 1"))
    contact = a_contact(acme, "owner")
    alerting.choose(contact_id=contact.pk, kind="left", threshold=20, author=AUTHOR)
    return acme


def addresses(account: Account, sku: str) -> Iterator[str]:
    """Of every page of the account, with something of it in each place."""
    now = clock()
    there = {
        "account_id": account.pk,
        "budget_id": Budget.objects.get(account=account).pk,
        "contact_id": Contact.objects.filter(customer=account).order_by("pk")[0].pk,
        "alert_id": Alert.objects.filter(contact__customer=account).order_by("pk")[0].pk,
        "sku": sku,
        "year": now.year,
        "month": now.month,
    }
    for pattern in urls.OF_AN_ACCOUNT:
        route = str(pattern.pattern)
        yield "/my/" + re.sub(r"<\w+:(\w+)>", lambda found: str(there[found[1]]), route)


@pytest.fixture
def sku() -> str:
    return an_offer("50", tokens=[bought("500")]).code


class TestEveryPage:
    def test_is_shown_to_an_owner_without_script_or_style_of_its_own(
        self, furnished: Account, sku: str
    ) -> None:
        client = signed_in(furnished)
        Alert.objects.update(contact=Contact.objects.latest("pk"))
        for address in addresses(furnished, sku):
            answer = client.get(address)

            assert answer.status_code == (405 if address.endswith("leave/") else 200), address
            if "html" in answer["Content-Type"]:
                assert INLINE.findall(text_of(answer)) == [], address

    def test_is_not_there_for_another_account(self, furnished: Account, other: Account, sku: str) -> None:
        stranger = signed_in(other)
        for address in addresses(furnished, sku):
            assert stranger.get(address).status_code == 404, address
            assert stranger.post(address, {}).status_code == 404, address

    def test_finds_nothing_of_another_account_under_its_own_address(
        self, furnished: Account, other: Account
    ) -> None:
        client = signed_in(other)
        budget, alert = Budget.objects.get(account=furnished), Alert.objects.get()
        person = Contact.objects.filter(customer=furnished)[0]
        names = [
            f"budgets/{budget.pk}/",
            f"budgets/{budget.pk}/change/",
            f"people/{person.pk}/",
            f"alerts/{alert.pk}/remove/",
        ]

        assert {name: client.get(page(other, name)).status_code for name in names} == dict.fromkeys(
            names, 404
        )
        assert {client.post(page(other, name), {}).status_code for name in names} == {404}

    def test_leads_strangers_to_the_door(self, furnished: Account, sku: str) -> None:
        for address in addresses(furnished, sku):
            answer = Client().get(address)

            assert (answer.status_code, answer["Location"]) == (302, "/my/"), address

    def test_that_is_none_looks_the_same_as_one_of_another_account(
        self, furnished: Account, other: Account
    ) -> None:
        client = signed_in(other)
        answers = [text_of(client.get(page(each))) for each in (furnished, Account(pk=uuid4()))]

        assert answers[0] == answers[1]
