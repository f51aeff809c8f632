"""A customer with quotations: one accepted that needed a second person, and one that is in the customer's hands."""

from __future__ import annotations

from uuid import UUID

from billing.services import orders_by_hand, quoting
from billing.tests.orders.sold import an_offer, bought
from billing.tests.quotations.quoted import (
    a_draft,
    a_limit,
    a_line,
    a_promotion,
    a_seller,
    off,
    sent,
)
from usage.tests.made import Shop, named


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
    act = orders_by_hand.accept(
        quotation_id=taken.pk, answered_by="Ada Buyer", reference="", form_token=named("form"), user=seller
    ).act
    open_one = sent(a_draft(customer, a_line(offer), user=seller))
    names = {"quoted": customer.pk, "accepted": taken.pk, "offered": open_one.pk}
    return {**names, "act_accepted": act.pk}
