"""What stands at the head of an invoice: who sells, and to whom."""

from __future__ import annotations

from billing.models import Buyer, Invoice, Seller

OF_SELLER = ("name", "address", "tax_id", "contact", "bank", "terms")


def seller_told(seller: Seller | None) -> dict[str, str]:
    """The seller as a document keeps it; empty where nobody has said who sells."""
    return {name: getattr(seller, name) for name in OF_SELLER} if seller else {}


def buyer_told(invoice: Invoice) -> dict[str, str]:
    """The customer as a document keeps it: the account's name, unless more was said."""
    buyer = Buyer.objects.filter(pk=invoice.customer_id).first()
    told = {"name": str(invoice.customer), "reference": invoice.customer.reference}
    return told | {"name": buyer.name, "address": buyer.address, "tax_id": buyer.tax_id} if buyer else told
