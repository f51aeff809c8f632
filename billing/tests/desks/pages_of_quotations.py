"""The pages of quotations, promotions and limits of discounts."""

from __future__ import annotations

from billing.models import DiscountRule, Promotion
from billing.services import quoting
from billing.tests.books import Books
from billing.tests.desks.page import EVERYBODY, Page
from billing.tests.orders.sold import an_offer
from billing.tests.quotations.quoted import a_draft, a_line
from wallets.models import Account


def lists_of_quotations() -> list[Page]:
    return [
        Page("/admin/billing/quotation/"),
        Page("/admin/billing/quotation/?state=review"),
        Page("/admin/billing/promotion/"),
        Page("/admin/billing/promotion/add/", "PM", "PM"),
        Page("/admin/billing/discountrule/"),
        Page("/admin/billing/discountrule/add/", "F", "F"),
    ]


def of_quotations(books: Books) -> list[Page]:
    """One that was accepted, one that is in the customer's hands, and a draft in review."""
    draft = a_draft(Account.objects.get(pk=books.names["quoted"]), a_line(an_offer()))
    quoting.ask(quotation_id=draft.pk, edits=draft.edits, note="They grow.", user=draft.author)
    taken, sent, one = (
        f"/admin/billing/quotation/{pk}" for pk in (books.names["accepted"], books.names["offered"], draft.pk)
    )
    to = f"/admin/billing/quotation/to/{books.names['quoted']}"
    promotion, rule = Promotion.objects.order_by("pk")[0], DiscountRule.objects.order_by("pk")[0]
    return [
        *(Page(f"{each}/{name}/") for each in (taken, sent, one) for name in ("change", "paper")),
        Page(f"{to}/", "SM", "SM"),
        Page(f"{to}/estimate/", "SM"),
        Page(f"{one}/edit/", "SM", "SM"),
        Page(f"{one}/ask/", "SM", "SM"),
        Page(f"{one}/decide/", "M", "M"),
        Page(f"{one}/send/", "SM", "SM"),
        Page(f"{sent}/accept/", "SM", "SM"),
        Page(f"{sent}/decline/", "SM", "SM"),
        Page(f"{sent}/revise/", "SM", "SM"),
        Page(f"/admin/billing/promotion/{promotion.pk}/change/", EVERYBODY, "PM"),
        Page(f"/admin/billing/promotion/{promotion.pk}/history/"),
        Page(f"/admin/billing/discountrule/{rule.pk}/change/", EVERYBODY, "F"),
        Page(f"/admin/billing/discountrule/{rule.pk}/history/"),
    ]
