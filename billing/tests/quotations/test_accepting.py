"""Accepting a quotation is the order, once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from billing.errors import QuotationNotOpen
from billing.models import GrantSale, Order, OrderLine
from billing.tests.orders.sold import a_line as an_order_line
from billing.tests.orders.sold import an_offer, bought, given_to, order
from billing.tests.quotations.quoted import a_draft, a_line, a_promotion, a_seller, accepted, off, sent
from config.kernel.errors import IdempotencyKeyReused
from usage.tests.made import DAY, Shop, clock, together
from wallets.models import Account


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def acme(shop: Shop) -> Account:
    return shop.an_account()


@pytest.mark.django_db
class TestAccept:
    def test_places_the_order_in_its_amounts(self, acme: Account) -> None:
        pack = an_offer("100", tokens=[bought("1000")])
        quotation = sent(a_draft(acme, a_line(pack, "3", discount=off("25"))))

        answer = accepted(quotation)

        line = OrderLine.objects.get(version__order=answer.order)
        (grant,), sale = given_to(acme), GrantSale.objects.get(account=acme)
        assert (answer.order.external_id, answer.answered_by, answer.reference) == (
            quotation.number,
            "Ada Buyer",
            "PO-7",
        )
        assert (line.amount, line.list_amount, line.currency) == (225, 300, "USD")
        assert (grant.tokens, grant.unit_cost) == (3000, Decimal("0.075"))
        assert (sale.paid, sale.list_price) == (225, 300)

    def test_answers_the_same_the_second_time(self, acme: Account) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer(tokens=[bought("10")]))))

        assert accepted(quotation).pk == accepted(quotation).pk
        assert len(given_to(acme)) == 1

    def test_keeps_what_the_offer_meant_when_it_was_sent(self, acme: Account) -> None:
        offer = an_offer("100", tokens=[bought("1000")])
        quotation = sent(a_draft(acme, a_line(offer)))
        offer.tokens.update(tokens=Decimal(5))
        type(offer).objects.filter(pk=offer.pk).update(list_price=7, is_sold=False)

        accepted(quotation)

        assert [grant.tokens for grant in given_to(acme)] == [1000]
        assert GrantSale.objects.get(account=acme).paid == 100

    def test_is_refused_at_the_end_of_its_last_day(self, acme: Account) -> None:
        quotation = sent(a_draft(acme, a_line(an_offer(tokens=[bought("10")]))))

        with pytest.raises(QuotationNotOpen, match="was valid until"):
            accepted(quotation, now=quotation.valid_until)
        accepted(quotation, now=quotation.valid_until - timedelta(microseconds=1))

    def test_is_refused_of_a_draft(self, acme: Account) -> None:
        with pytest.raises(QuotationNotOpen, match="is a draft"):
            accepted(a_draft(acme, a_line(an_offer())))

    def test_is_refused_where_another_systems_order_has_the_number(self, acme: Account) -> None:
        offer = an_offer(tokens=[bought("10")])
        quotation = sent(a_draft(acme, a_line(offer)))
        order(acme, an_order_line(offer), external_id=quotation.number)

        with pytest.raises(IdempotencyKeyReused):
            accepted(quotation)

    def test_starts_on_the_day_that_was_quoted_unless_that_is_over(self, acme: Account) -> None:
        offer, day = an_offer(tokens=[bought("10")]), clock().date() + timedelta(days=3)
        later = sent(a_draft(acme, a_line(offer), first_day=day))
        begun = sent(a_draft(acme, a_line(offer), first_day=day))
        at = clock() + 5 * DAY

        accepted(later)
        accepted(begun, now=at)

        first, second = given_to(acme)
        assert (first.effective_at.date(), second.effective_at) == (day, at)


@pytest.mark.committed
class TestRaces:
    def test_give_one_order(self, shop: Shop) -> None:
        acme = shop.an_account()
        quotation = sent(a_draft(acme, a_line(an_offer(tokens=[bought("10")]))))

        answers = together([partial(accepted, quotation)] * 20)

        assert (len(answers), len({answer.pk for answer in answers})) == (20, 1)
        assert Order.objects.filter(account=acme).count() == 1
        assert [grant.tokens for grant in given_to(acme)] == [10]

    def test_give_the_last_use_of_a_promotion_to_one(self, shop: Shop) -> None:
        offer, promotion, seller = an_offer(tokens=[bought("10")]), a_promotion(most_uses=1), a_seller()
        quotations = [
            sent(a_draft(shop.an_account(), a_line(offer, promotion=promotion.code), user=seller))
            for _ in range(20)
        ]

        answers = together([partial(_taken, each) for each in quotations])

        assert sorted(answers) == [False] * 19 + [True]
        assert promotion.uses.count() == 1
        assert Order.objects.filter(account__in=[each.account_id for each in quotations]).count() == 1

    def test_number_them_without_a_gap(self, shop: Shop) -> None:
        offer, seller = an_offer(), a_seller()
        drafts = [a_draft(shop.an_account(), a_line(offer), user=seller) for _ in range(8)]

        serials = sorted(each.serial for each in together([partial(sent, each) for each in drafts]))

        assert serials == list(range(serials[0], serials[0] + 8))


def _taken(quotation: Any) -> bool:
    try:
        accepted(quotation)
    except IntegrityError as fault:
        return "All uses of the promotion" not in str(fault)
    return True
