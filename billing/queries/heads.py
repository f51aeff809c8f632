"""What stands at the head of a document: who sells, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import Buyer, Seller
from wallets.models import Account


@dataclass(frozen=True, slots=True)
class Heads:
    """Both as a document keeps them."""

    seller: dict[str, str]
    buyer: dict[str, str]


OF_SELLER = ("name", "address", "tax_id", "contact", "bank", "terms")


def seller_told(seller: Seller | None) -> dict[str, str]:
    """The seller as a document keeps it; empty where nobody has said who sells."""
    return {name: getattr(seller, name) for name in OF_SELLER} if seller else {}


def buyer_told(customer: Account, buyer: Buyer | None) -> dict[str, str]:
    """The customer as a document keeps it: the account's name, unless more was said."""
    told = {"name": str(customer), "reference": customer.reference}
    return told | {"name": buyer.name, "address": buyer.address, "tax_id": buyer.tax_id} if buyer else told


def heads_now(customer: Account) -> Heads:
    """Who sells, and to whom, as both are written down now."""
    buyer = Buyer.objects.filter(pk=customer.pk).first()
    return Heads(seller_told(Seller.objects.first()), buyer_told(customer, buyer))


def heads_at(customer: Account, moment: datetime) -> Heads:
    """Who sold, and to whom, as both were written down at an instant. Of a buyer who was erased nothing is left."""
    buyer = _as_it_was(Buyer.history.filter(customer_id=customer.pk), moment)
    named = _as_it_was(Account.history.filter(id=customer.pk), moment) or customer
    return Heads(seller_told(_as_it_was(Seller.history.all(), moment)), buyer_told(named, buyer))


def _as_it_was(records: Any, moment: datetime) -> Any:
    """The row that history has for an instant; None where there was none."""
    last = records.filter(history_date__lte=moment).order_by("-history_date", "-history_id").first()
    return last.instance if last is not None and last.history_type != "-" else None


def erased_at(customer: Account) -> datetime | None:
    """When the account's buyer was erased, where nobody was written down since."""
    last = Buyer.history.filter(customer_id=customer.pk).order_by("-history_date", "-history_id").first()
    return last.history_date if last is not None and last.history_type == "-" else None
