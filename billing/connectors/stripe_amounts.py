"""What was paid for a line at Stripe, net of tax and of what was taken off, and what of a payment is still there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from billing.connectors.stripe_finding import INVOICE, SESSION, is_of_a_period
from billing.rules.connecting import Unreadable
from config.kernel.amounts import EXACT, exact

TAKEN = frozenset({"needs_response", "under_review", "lost"})
"""States of a dispute in which the bank has the money."""
DIGITS = 12

Bundle = Mapping[str, Any]
Line = Mapping[str, Any]


def name_of(row: Mapping[str, Any]) -> str:
    """What Stripe calls an object.

    Raises Unreadable.
    """
    name = row["id"]
    if not isinstance(name, str) or not name:
        raise Unreadable("An object has no name.", "id")
    return name


def customer_of(bundle: Bundle) -> Mapping[str, Any] | None:
    """The customer, where there is one. A deleted one has its name, and says so."""
    found: Mapping[str, Any] | None = bundle["customer"]
    return found


def paid_units(bundle: Bundle) -> int:
    """What was charged for it, tax included; 0 where nothing was, or not by Stripe."""
    return sum(int(charge["amount"]) for charge in bundle["charges"])


def taken_units(bundle: Bundle) -> int:
    """What a bank took of it."""
    return int(sum(each["amount"] for each in bundle["disputes"] if each["status"] in TAKEN))


def net_units(bundle: Bundle, line: Line) -> int | None:
    """What a line came to; None where nothing says so and the list price counts.

    Raises Unreadable.
    """
    if bundle["of"] == SESSION:
        return int(line["amount_total"] - line["amount_tax"])
    if bundle["of"] == INVOICE:
        return net_of_invoice(line)
    invoiced = invoiced_line(bundle, line)
    return _by_price(line) if invoiced is None else net_of_invoice(invoiced)


def net_of_invoice(line: Line) -> int:
    """What a line of an invoice, or of a credit note, comes to without tax and what was taken off."""
    off = sum(each["amount"] for each in line.get("discount_amounts") or ())
    within = sum(tax["amount"] for tax in line.get("taxes") or () if tax["tax_behavior"] == "inclusive")
    return int(line["amount"] - off - within)


def invoiced_line(bundle: Bundle, item: Line) -> Line | None:
    """The line of the period's invoice that asks for an item as it is now."""
    lines: list[Line] = bundle["invoice"]["lines"]["data"]
    for line in lines:
        details = (line.get("parent") or {}).get("subscription_item_details") or {}
        price = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
        same = details.get("subscription_item") == item["id"] and price == item["price"]["id"]
        if same and is_of_a_period(line) and line.get("quantity") == item.get("quantity"):
            return line
    return None


def _by_price(item: Line) -> int | None:
    """An item's price by its quantity, a half of a unit upwards; 0 where it is billed by use."""
    price = item["price"]
    if (price.get("recurring") or {}).get("usage_type") == "metered":
        return 0
    said = price.get("unit_amount_decimal")
    if said is None or price.get("billing_scheme") != "per_unit":
        return None
    try:
        each = exact(str(said), places=DIGITS)
    except ValueError as fault:
        raise Unreadable(f"unit_amount_decimal: {fault}", "price.unit_amount_decimal") from fault
    whole = EXACT.multiply(each, Decimal(item.get("quantity") or 0))
    return int(whole.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=EXACT))
