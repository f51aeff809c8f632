"""The people of an account who may sign in, and what the producer lets them do: who changed it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from billing.errors import UnknownContact
from billing.models import Alert, BuyerRule, BuyerSession, Contact, SignInAsked
from billing.rules.buyer_roles import MOST_PACKS, ROLES, is_contact
from config.kernel.errors import Conflict, InvalidRequest
from config.kernel.signing import signed
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.services import ledger

MOST_CONTACTS = 200
ERASED = "erased"
"""Stands in the history for a name that is forgotten."""


@dataclass(frozen=True, slots=True)
class ContactWish:
    """role: viewer, manager, buyer or owner. is_on: whether the person may sign in."""

    address: str
    name: str = ""
    role: str = "viewer"
    is_on: bool = True


@transaction.atomic
def invite(*, customer_id: UUID, wish: ContactWish, author: Author, now: datetime | None = None) -> Contact:
    """Let a person sign in, and have an invitation mailed that says where.

    Raises InvalidRequest, AccountMissing, Conflict where the address is a contact of the account already.
    """
    address = _checked(wish)
    ledger.lock(customer_id)
    rows = Contact.objects.filter(customer_id=customer_id)
    if rows.filter(address__iexact=address).exists():
        raise Conflict(f"{address} is a contact of the account already.")
    if rows.count() >= MOST_CONTACTS:
        raise Conflict(f"An account has at most {MOST_CONTACTS} contacts.")
    moment = now or database_clock()
    contact = Contact(customer_id=customer_id, address=address, created_at=moment)
    _save(contact, wish, author)
    SignInAsked.objects.create(address=address, invites=contact, asked_at=moment, next_at=moment)
    return contact


@transaction.atomic
def change(*, customer_id: UUID, contact_id: int, wish: ContactWish, author: Author) -> Contact:
    """Give a contact another name or role, or let it sign in no more; its sessions end where it may do less.

    The address stays: another one is another person.

    Raises InvalidRequest, UnknownContact, AccountMissing, Conflict where an account's own people would be left without
    an owner; the producer may leave them so.
    """
    _checked(wish)
    ledger.lock(customer_id)
    contact = _found(customer_id, contact_id)
    if is_contact(author.name) and not (wish.is_on and wish.role == "owner"):
        _check_another_owner(contact)
    is_less = not wish.is_on or ROLES.index(wish.role) < ROLES.index(contact.role)
    _save(contact, wish, author)
    if is_less:
        BuyerSession.objects.filter(contact=contact, ended_at=None).update(ended_at=database_clock())
    return contact


@transaction.atomic
def erase(*, customer_id: UUID, contact_id: int, author: Author) -> None:
    """Forget a person, with sessions, alerts and all that the history says; that it was done stays.

    What the person did stands in the books under the contact's number.

    Raises InvalidRequest without a reason, UnknownContact, AccountMissing.
    """
    if not author.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    ledger.lock(customer_id)
    contact = _found(customer_id, contact_id)
    contact.alerts.all().delete()
    Alert.history.filter(contact=contact.pk).delete()
    SignInAsked.objects.filter(address__iexact=contact.address).delete()
    Contact.history.filter(id=contact.pk).delete()
    contact.address, contact.name, contact.set_by = "erased@invalid", ERASED, author.name
    signed(contact, author.user, author.reason.strip()).delete()


@transaction.atomic
def allow(
    *,
    customer_id: UUID,
    author: Author,
    budget_most: Decimal | None = None,
    packs_most: int = 0,
    as_bought: bool = False,
) -> BuyerRule:
    """Say what the account's contacts may do by themselves from now on, whatever its offers say.

    budget_most: tokens a period of the largest budget that they may set; None: none.
    packs_most: packs within thirty days; 0: none.
    as_bought: leave it to the offers that the account has; the numbers are none.

    Raises InvalidRequest. The rule's own row is locked, and no other: an order locks it before its account.
    """
    if budget_most is not None and budget_most <= 0:
        raise InvalidRequest.at(
            "/budget_most", "The largest budget is above zero; empty means that they set none."
        )
    if not 0 <= packs_most <= MOST_PACKS:
        raise InvalidRequest.at("/packs_most", f"Say 0 to {MOST_PACKS:,} packs.")
    rows = BuyerRule.objects.select_for_update().filter(pk=customer_id)
    rule = rows.first() or BuyerRule(customer_id=customer_id)
    rule.as_bought = as_bought
    rule.budget_most, rule.packs_most = (None, 0) if as_bought else (budget_most, packs_most)
    signed(rule, author.user, author.reason.strip()).save()
    return rule


def _checked(wish: ContactWish) -> str:
    """The address in small letters. Raises InvalidRequest."""
    address = wish.address.strip().lower()
    try:
        validate_email(address)
    except ValidationError as fault:
        raise InvalidRequest.at("/address", "This is no e-mail address.") from fault
    if wish.role not in ROLES:
        raise InvalidRequest.at("/role", f"A role is one of {', '.join(ROLES)}.")
    return address


def _found(customer_id: UUID, contact_id: int) -> Contact:
    """The contact, locked: its signing in waits. Raises UnknownContact, of another account's contact too."""
    contact = Contact.objects.select_for_update().filter(customer_id=customer_id, pk=contact_id).first()
    if contact is None:
        raise UnknownContact("There is no such contact.")
    return contact


def _check_another_owner(contact: Contact) -> None:
    others = Contact.objects.on().filter(customer=contact.customer_id, role="owner").exclude(pk=contact.pk)
    if contact.is_on and contact.role == "owner" and not others.exists():
        raise Conflict("Nobody else is an owner who may sign in. Make somebody else an owner first.")


def _save(contact: Contact, wish: ContactWish, author: Author) -> None:
    contact.name, contact.role, contact.is_on = wish.name.strip(), wish.role, wish.is_on
    contact.set_by = author.name
    signed(contact, author.user, author.reason.strip()).save()
