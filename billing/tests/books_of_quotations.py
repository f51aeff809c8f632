"""A customer with quotations: one accepted that needed a second person, and one that is in the customer's hands."""

from __future__ import annotations

from uuid import UUID

from billing.services import quoting
from billing.tests.orders.sold import an_offer, bought
from billing.tests.quotations.quoted import (
    a_draft,
    a_limit,
    a_line,
    a_promotion,
    a_seller,
    accepted,
    off,
    sent,
)
from usage.tests.made import Shop


def quote(shop: Shop) -> dict[str, UUID]:
    """Names of what was written."""
    customer, offer = shop.an_account(), an_offer("100", tokens=[bought("1000")])
    promotion, seller = a_promotion("share", "10"), a_seller()
    a_limit("5", seller=seller)
    wanted = a_line(offer, "2", promotion=promotion.code, discount=off("20", reason="A large customer"))
    draft = a_draft(customer, wanted, a_line(offer), user=seller, discount=off(amount="10"))
    quoting.decide(
        quotation_id=draft.pk,
        edits=draft.edits,
        verdict="approved",
        reason="For this once.",
        user=a_seller("Sales management"),
    )
    taken = sent(draft)
    accepted(taken)
    open_one = sent(a_draft(customer, a_line(offer), user=seller))
    return {"quoted": customer.pk, "accepted": taken.pk, "offered": open_one.pk}
