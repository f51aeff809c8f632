"""Whom an account's invoices are for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.models import Buyer
from config.kernel.errors import InvalidRequest, NotFound
from config.kernel.signing import signed
from wallets.services import ledger

ERASED = "erased"
"""Stands in the history for a name that is forgotten."""


@dataclass(frozen=True, slots=True)
class BuyerWish:
    """As it is to stand on invoices. address: line by line."""

    name: str
    address: str = ""
    tax_id: str = ""


@transaction.atomic
def describe(*, customer_id: UUID, wish: BuyerWish, user: User | None = None, reason: str = "") -> Buyer:
    """Write this on invoices that become final from now on; those that are final keep what they say.

    Raises InvalidRequest, AccountMissing.
    """
    if not wish.name.strip():
        raise InvalidRequest.at("/name", "Whoever buys needs a name.")
    ledger.lock(customer_id)
    buyer = Buyer.objects.filter(pk=customer_id).first() or Buyer(customer_id=customer_id)
    buyer.name, buyer.address, buyer.tax_id = wish.name.strip(), wish.address.strip(), wish.tax_id.strip()
    signed(buyer, user, reason).save()
    return buyer


@transaction.atomic
def erase(*, customer_id: UUID, user: User, reason: str) -> None:
    """Forget whom the account's invoices were for, with all that the history says of it; that it was done stays.

    Invoices that are final keep what they were issued with, and so do their credit notes.

    Raises InvalidRequest, NotFound, AccountMissing.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    ledger.lock(customer_id)
    buyer = Buyer.objects.filter(pk=customer_id).first()
    if buyer is None:
        raise NotFound("Nothing is kept of a buyer: the invoices are for the account itself.")
    Buyer.history.filter(customer_id=customer_id).delete()
    buyer.name, buyer.address, buyer.tax_id = ERASED, "", ""
    signed(buyer, user, reason.strip()).delete()
