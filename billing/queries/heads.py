"""What stands at the head of a document: who sells, and to whom."""

from __future__ import annotations

from datetime import datetime

from billing.models import Buyer, Seller
from wallets.models import Account

OF_SELLER = ("name", "address", "tax_id", "contact", "bank", "terms")


def seller_told(seller: Seller | None) -> dict[str, str]:
    """The seller as a document keeps it; empty where nobody has said who sells."""
    return {name: getattr(seller, name) for name in OF_SELLER} if seller else {}


def buyer_told(customer: Account) -> dict[str, str]:
    """The customer as a document keeps it: the account's name, unless more was said."""
    buyer = Buyer.objects.filter(pk=customer.pk).first()
    told = {"name": str(customer), "reference": customer.reference}
    return told | {"name": buyer.name, "address": buyer.address, "tax_id": buyer.tax_id} if buyer else told


def erased_at(customer: Account) -> datetime | None:
    """When the account's buyer was erased, where nobody was written down since."""
    last = Buyer.history.filter(customer_id=customer.pk).order_by("-history_date", "-history_id").first()
    return last.history_date if last is not None and last.history_type == "-" else None
