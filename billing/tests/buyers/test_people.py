"""An account's owners say who may sign in; the producer does at the desk."""

from __future__ import annotations

import pytest

from billing.models import AccessLink, BuyerRule, Contact
from billing.services import access_links, contacts, signing_in
from billing.services.contacts import ContactWish
from billing.tests.buyers.visiting import HOME, Post, a_contact, page, signed_in, text_of
from billing.tests.desks.people import as_shown, at_the_desk_of, said
from usage.tests.made import AUTHOR
from wallets.models import Account

pytestmark = pytest.mark.django_db


def desk(account: Account, name: str = "") -> str:
    return f"/admin/wallets/account/{account.pk}/buyers/{name}"


class TestOwners:
    def test_invite_people_who_are_mailed_where_to_sign_in(self, acme: Account) -> None:
        client, post = signed_in(acme), Post()
        asked = {"address": "New@Example.com", "name": "New", "role": "viewer"}

        client.post(page(acme, "people/"), asked)
        signing_in.send_due(post, HOME)

        contact, owner = Contact.objects.get(role="viewer"), Contact.objects.get(role="owner")
        assert (contact.address, contact.set_by) == ("new@example.com", f"contact {owner.pk}")
        (mail,) = post.to("new@example.com")
        assert HOME in mail.text
        assert "enter/" not in mail.text

    def test_list_an_address_once(self, acme: Account) -> None:
        client = signed_in(acme)
        owner = Contact.objects.get()

        again = client.post(page(acme, "people/"), {"address": owner.address.upper(), "role": "viewer"})

        assert "is a contact of the account already" in text_of(again)
        assert Contact.objects.count() == 1

    def test_change_roles_with_a_history(self, acme: Account) -> None:
        client, contact = signed_in(acme), a_contact(acme, "viewer")
        path = page(acme, f"people/{contact.pk}/")

        client.post(path, {"name": "Ada", "role": "buyer", "is_on": "on", "reason": "She orders."})

        told = contact.history.order_by("history_id").values_list("role", "history_change_reason")
        assert list(told) == [("viewer", AUTHOR.reason), ("buyer", "She orders.")]

    @pytest.mark.parametrize("change", [{"role": "owner"}, {"role": "buyer", "is_on": "on"}])
    def test_leave_the_account_an_owner(self, acme: Account, change: dict[str, str]) -> None:
        client = signed_in(acme)
        owner = Contact.objects.get()
        off = a_contact(acme)
        wish = ContactWish(off.address, role="owner", is_on=False)
        contacts.change(customer_id=acme.pk, contact_id=off.pk, wish=wish, author=AUTHOR)

        refused = client.post(page(acme, f"people/{owner.pk}/"), change)

        assert "Make somebody else an owner first." in text_of(refused)
        owner.refresh_from_db()
        assert (owner.role, owner.is_on) == ("owner", True)
        client.post(page(acme, f"people/{off.pk}/"), {"role": "owner", "is_on": "on"})
        client.post(page(acme, f"people/{owner.pk}/"), change)
        assert Contact.objects.get(pk=owner.pk).history.count() == 2

    @pytest.mark.parametrize("role", ["viewer", "manager", "buyer"])
    def test_are_the_only_ones_who_do(self, acme: Account, role: str) -> None:
        client = signed_in(acme, role)

        assert client.post(page(acme, "people/"), {"address": "x@example.com"}).status_code == 403


class TestTheDesk:
    def test_invites_changes_and_erases(self, acme: Account) -> None:
        support, finance = at_the_desk_of("Support"), at_the_desk_of("Finance")
        asked = {"address": "ada@example.com", "name": "Ada", "role": "owner", "reason": "They asked."}

        assert "may sign in" in said(support.post(desk(acme, "invite/"), asked))
        contact = Contact.objects.get()
        change = {"name": "Ada", "role": "viewer", "reason": "Left the team."}
        support.post(desk(acme, f"{contact.pk}/change/"), change)
        contact.refresh_from_db()  # the producer may leave an account without an owner
        assert (contact.role, contact.is_on, contact.set_by) == ("viewer", False, "support")
        assert "ada@example.com" in text_of(support.get(desk(acme)))
        told = text_of(support.get(f"/admin/wallets/account/{acme.pk}/change/?tab=history"))
        assert f"Contact {contact.pk}: may sign in as owner" in told
        assert f"Contact {contact.pk}: viewer, may not sign in" in told
        assert "ada@example.com" not in told

        finance.post(desk(acme, f"{contact.pk}/erase/"), {"reason": "Asked to be forgotten."})

        assert not Contact.objects.exists()
        assert "ada@example.com" not in text_of(finance.get(desk(acme)))

    def test_shows_a_link_once_and_keeps_its_hash(self, acme: Account) -> None:
        support = at_the_desk_of("Support")

        shown = text_of(support.post(desk(acme, "link/"), {"days": "30", "reason": "Their auditor."}))

        secret = shown.split("/my/link/")[1].split("/")[0]
        link = AccessLink.objects.get()
        assert bytes(link.digest) not in secret.encode()
        assert signing_in.follow(secret=secret) is not None
        assert secret not in text_of(support.get(desk(acme)))
        assert (link.made_by, link.made_for) == ("support", "Their auditor.")
        support.post(desk(acme, f"links/{link.pk}/revoke/"), {"reason": "It leaked."})
        assert signing_in.follow(secret=secret) is None

    def test_shows_every_link_that_opens_something(self, acme: Account) -> None:
        """One that nobody sees can't be revoked, however many were made and revoked since."""
        first = access_links.make(customer_id=acme.pk, days=366, author=AUTHOR).link
        for _ in range(51):
            later = access_links.make(customer_id=acme.pk, days=1, author=AUTHOR).link
            access_links.revoke(customer_id=acme.pk, link_id=later.pk, author=AUTHOR)

        shown = text_of(at_the_desk_of("Support").get(desk(acme)))

        assert desk(acme, f"links/{first.pk}/revoke/") in shown
        assert shown.count("revoked") >= 50

    def test_says_what_people_may_do_with_a_history(self, acme: Account) -> None:
        finance = at_the_desk_of("Finance")
        path = desk(acme, "rule/")

        finance.post(
            path,
            as_shown(finance, path)
            | {"by": "here", "budget_most": "500", "packs_most": "4", "reason": "Pilot."},
        )

        rule = BuyerRule.objects.get()
        assert (rule.budget_most, rule.packs_most) == (500, 4)
        told = text_of(finance.get(f"/admin/wallets/account/{acme.pk}/change/?tab=history"))
        assert "Its people set budgets up to 500 and order up to 4 packs in thirty days" in told
        assert "Pilot." in told
        odd = finance.post(path, {"by": "here", "budget_most": "0", "packs_most": "1", "reason": "x"})
        assert "above zero" in text_of(odd)

    def test_finds_no_contact_of_another_account(self, acme: Account, other: Account) -> None:
        contact = a_contact(other)

        assert at_the_desk_of("Support").get(desk(acme, f"{contact.pk}/change/")).status_code == 404
        with pytest.raises(contacts.UnknownContact):
            contacts.erase(customer_id=acme.pk, contact_id=contact.pk, author=AUTHOR)
