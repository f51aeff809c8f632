"""Promotions: applied by themselves or chosen, kept with their line, used so often and no more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.rules import offers
from billing.tests.orders.sold import an_offer, given_to, monthly
from billing.tests.quotations.quoted import a_draft, a_line, a_promotion, accepted, sent
from config.kernel.errors import InvalidRequest
from usage.tests.made import Shop
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account()


class TestPromotion:
    def test_applies_by_itself_and_is_kept_with_the_line(self, acme: Account) -> None:
        offer = an_offer("200")
        small, large = (a_promotion("share", each, is_automatic=True, sku=offer.code) for each in ("5", "15"))
        a_promotion("share", "50", sku=offer.code)

        line = a_draft(acme, a_line(offer)).lines.get()

        assert (line.promotion, line.promotion_amount, line.amount) == (large, 30, 170)
        assert Decimal(line.promotion_terms["value"]) == 15
        assert small.uses.count() == 0

    def test_gives_bonus_tokens_in_the_rhythm_of_what_is_bought(self, acme: Account) -> None:
        plan = an_offer("90", kind="plan", period="month", tokens=[monthly("1000")])
        bonus = a_promotion("bonus", "12.5")

        quotation = sent(a_draft(acme, a_line(plan, "2", promotion=bonus.code)))
        accepted(quotation)

        assert [(grant.kind, grant.tokens) for grant in given_to(acme)] == [
            ("included", 2000),
            ("promo", 250),
        ]
        meant = offers.read(quotation.lines.get().snapshot)
        assert [(part.every, part.is_bonus) for part in meant.tokens] == [("month", False), ("month", True)]

    @pytest.mark.parametrize(
        "given", [{"is_on": False}, {"sku": "other"}, {"offer_kind": "plan"}, {"most_uses": 0}]
    )
    def test_is_refused_where_it_is_not_for_that(self, acme: Account, given: dict[str, object]) -> None:
        promotion = a_promotion(**given)

        with pytest.raises(InvalidRequest) as refusal:
            a_draft(acme, a_line(an_offer(), promotion=promotion.code))

        assert refusal.value.errors[0].pointer == "/lines/0/promotion"

    def test_is_used_so_often_by_an_account_and_no_more(self, acme: Account, shop: Shop) -> None:
        offer, promotion = an_offer(), a_promotion(most_uses_an_account=1)
        first, second = (sent(a_draft(acme, a_line(offer, promotion=promotion.code))) for _ in range(2))
        other = sent(a_draft(shop.an_account(), a_line(offer, promotion=promotion.code)))
        accepted(first)

        with pytest.raises(IntegrityError, match="All uses of the promotion"), transaction.atomic():
            accepted(second)
        accepted(other)

        assert promotion.uses.count() == 2
