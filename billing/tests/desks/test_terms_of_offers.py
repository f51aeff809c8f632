"""What an offer changes for the whole account is said wherever somebody is about to sell or has sold it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from billing.models import Offer
from billing.rules.offers import policy_kept
from billing.services import quoting
from billing.tests.desks.people import at_the_desk_of, text_of
from billing.tests.orders.sold import a_line as an_order_line
from billing.tests.orders.sold import an_offer, monthly, order
from billing.tests.printed import letters
from billing.tests.quotations.quoted import a_draft, a_line, a_seller, sent
from usage.rules.policies import PolicyChoice
from usage.tests.made import DAY, UNLIMITED, Shop, a_grant, clock, up_to
from wallets.models import Account

pytestmark = pytest.mark.django_db
SAID = "beyond the account&#x27;s tokens: block"
PLAIN = "beyond the account's tokens: block"


@pytest.fixture
def sales() -> Client:
    return at_the_desk_of("Sales")


@pytest.fixture
def fixed(shop: Shop) -> Offer:
    """A month of tokens that block whoever has it, with a part of the catalogue and prices of its own."""
    return an_offer(
        "9",
        kind="plan",
        period="month",
        tokens=[monthly("1000", share=Decimal(100))],
        policy=policy_kept(PolicyChoice("block")),
        access=["chat.*"],
        rate_table=shop.table.code,
        entitlements="bought",
    )


class TestTerms:
    def test_are_said_by_quotations_and_on_their_paper(
        self, sales: Client, acme: Account, fixed: Offer
    ) -> None:
        quotation = sent(a_draft(acme, a_line(fixed)))

        shown = text_of(sales.get(f"/admin/billing/quotation/{quotation.pk}/change/"))
        paper = sales.get(f"/admin/billing/quotation/{quotation.pk}/pdf/")

        for each in (
            "access to chat.*",
            "what was bought is open, and nothing else",
            f"prices of {fixed.rate_table}",
            SAID,
        ):
            assert each in shown
        assert PLAIN in letters(b"".join(paper))

    def test_are_said_by_what_would_cover_an_accounts_usage(
        self, sales: Client, shop: Shop, fixed: Offer
    ) -> None:
        acme = shop.an_account(clock() - 60 * DAY, policy=UNLIMITED)
        a_grant(acme, "900", kind="purchase", now=clock() - 50 * DAY)
        shop.debit(acme, "700", now=clock() - 9 * DAY)

        assert SAID in text_of(sales.get(f"/admin/billing/quotation/to/{acme.pk}/estimate/"))

    def test_are_said_by_an_order_as_long_as_its_line_is_active(
        self, sales: Client, acme: Account, fixed: Offer
    ) -> None:
        softer = an_offer("1", kind="plan", period="month", policy=policy_kept(up_to("25")))
        told = order(acme, an_order_line(fixed), an_order_line(softer, name="two"), external_id="terms-1")
        address = f"/admin/billing/order/?q={told['external_id']}"

        page = sales.get(address)
        (row,) = page.context["cl"].result_list
        shown = text_of(sales.get(f"/admin/billing/order/{row.pk}/change/"))

        assert SAID in shown
        assert "beyond the account&#x27;s tokens: overage up to 25" in shown


class TestApproval:
    def test_is_told_as_asked_for_with_what_was_noted(
        self, sales: Client, acme: Account, fixed: Offer
    ) -> None:
        seller = a_seller()
        quotation = a_draft(acme, a_line(fixed), user=seller)
        quoting.ask(
            quotation_id=quotation.pk, edits=quotation.edits, note="A friend of the house", user=seller
        )

        shown = text_of(sales.get(f"/admin/billing/quotation/{quotation.pk}/change/"))

        assert "Asked for approval. A friend of the house" in shown
